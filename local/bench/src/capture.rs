//! What a request does in the database, according to the database's own log.

use std::fmt::Write;

use crate::Result;
use crate::case::{Case, Floor};
use crate::load;
use crate::postgres_log::Logged;
use crate::script::{Statement, Varying, script, uuid_of};
use crate::subjects::{ADMINS, Subjects, id};
use crate::world::World;

/// So many requests are made of each kind: what differs between them is to differ in the script too.
const REQUESTS: u64 = 16;

/// The statements of one request.
pub struct Captured {
    /// What they are the statements of.
    pub case: Case,
    /// Whose request it was.
    pub model: u64,
    /// How many statements, each a round trip.
    pub statements: usize,
    /// The same for other subjects, for pgbench; empty where that is no floor.
    pub script: String,
}

/// Captures the statements of each of `cases`.
///
/// # Errors
/// When a request fails, or its statements can't become a script.
pub async fn capture(world: &World, cases: &[Case]) -> Result<Vec<Captured>> {
    for database in [&world.auth, &world.loyalty] {
        database.log_statements(true).await?;
    }
    let mut all: Vec<Captured> = Vec::new();
    for case in cases {
        let captured = one(world, *case, &all).await?;
        all.push(captured);
    }
    for database in [&world.auth, &world.loyalty] {
        database.log_statements(false).await?;
    }
    Ok(all)
}

/// Makes what the requests of `subjects` need: see [`Case::prepare`] and [`Case::holds`].
///
/// # Errors
/// When the service or a database fails, or what makes the holds is not captured.
pub async fn prepare(
    world: &World,
    case: Case,
    subjects: Subjects,
    captured: &[Captured],
    token_of: impl Fn(u64) -> u64,
) -> Result<()> {
    case.prepare(world, subjects, token_of).await?;
    match case.holds() {
        Some(apply) => hold(world, apply, subjects, captured).await,
        None => Ok(()),
    }
}

/// Has each of `subjects` apply what they apply in `apply`.
///
/// # Errors
/// When the database fails, or that case is not captured.
pub async fn hold(
    world: &World,
    apply: Case,
    subjects: Subjects,
    captured: &[Captured],
) -> Result<()> {
    let captured = captured.iter().find(|captured| captured.case == apply);
    let script = &captured.ok_or("what makes holds is not captured")?.script;
    // As many clients as share the work evenly.
    let even = |clients: &u64| subjects.count.is_multiple_of(*clients);
    let clients = (1..=16).rev().find(even).unwrap_or(1);
    let times = subjects.count / clients;
    let pooler = &world.loyalty.pooler;
    let pgbench = &world.pgbench;
    pgbench
        .run(pooler, script, subjects, clients, times)
        .await?;
    Ok(())
}

async fn one(world: &World, case: Case, before: &[Captured]) -> Result<Captured> {
    warm_up(world, case).await?;
    let subjects = world.take(REQUESTS);
    prepare(world, case, subjects, before, |n| n).await?;
    let database = case.database(world);
    let mut recorded: Vec<Vec<Logged>> = Vec::new();
    for n in subjects.numbers() {
        let request = case.request(world, n)?;
        let start = database.log_end()?;
        load::once(world.address, request).await?;
        recorded.push(database.logged_since(start)?);
    }
    // The last is the model. The first may be incomplete: a connection may notice late that it is to log statements.
    recorded.reverse();
    let model = recorded.first().cloned().unwrap_or_default();
    recorded.retain(|one| texts(one).eq(texts(&model)));
    if recorded.len() as u64 <= REQUESTS / 2 || (model.is_empty() && case.floor() == Floor::Sql) {
        let texts: Vec<&str> = texts(&model).collect();
        return Err(format!(
            "{}: its requests differ in what they do. One of them:\n{}",
            case.name(),
            texts.join("\n")
        )
        .into());
    }
    let last = subjects.first + subjects.count - 1;
    Ok(Captured {
        case,
        model: last,
        statements: model.len(),
        script: match case.floor() {
            Floor::Sql => script_of(case, last, &recorded)?,
            _ => String::new(),
        },
    })
}

/// The first request for a promo code has a process look at what it remembers from then on. What is captured is the
/// usual case.
async fn warm_up(world: &World, case: Case) -> Result<()> {
    let subjects = world.take(case.warm_up());
    if subjects.count == 0 {
        return Ok(());
    }
    case.prepare(world, subjects, |n| n).await?;
    let requests = subjects.numbers().map(|n| case.request(world, n));
    load::all(world.address, requests).await
}

fn texts(logged: &[Logged]) -> impl Iterator<Item = &str> {
    logged.iter().map(|one| one.sql.as_str())
}

/// The names of the types of a statement's parameters, as its store declares them: the log does not have them.
fn types(sql: &str) -> Result<Vec<String>> {
    let mut declared = auth_store::statements().chain(loyalty_store::statements());
    match declared.find(|statement| statement.sql == sql) {
        Some(statement) => {
            let types = statement.params.iter();
            Ok(types.map(|kind| kind.name().to_owned()).collect())
        }
        None if !sql.contains('$') => Ok(Vec::new()),
        None => Err(format!("no store declares this statement: {sql}").into()),
    }
}

/// The script of what was recorded; the first is that of subject `model`.
fn script_of(case: Case, model: u64, recorded: &[Vec<Logged>]) -> Result<String> {
    let mut statements = Vec::new();
    for (place, sql) in recorded
        .iter()
        .take(1)
        .flat_map(|one| texts(one))
        .enumerate()
    {
        let same = recorded.iter().filter_map(|one| one.get(place));
        statements.push(Statement {
            sql: sql.to_owned(),
            requests: same.map(|one| one.params.clone()).collect(),
            types: types(sql)?,
        });
    }
    let mut head = String::new();
    let mut varying = vec![Varying {
        value: id(model)?.to_string(),
        expression: uuid_of("n"),
    }];
    if let Some((formula, promo)) = case.promo(model) {
        writeln!(head, "\\set promo {formula}")?;
        varying.push(Varying {
            value: promo.to_string(),
            expression: ":promo".to_owned(),
        });
    }
    if case == Case::Block {
        writeln!(head, "\\set admin :n + {ADMINS}")?;
        varying.push(Varying {
            value: id(model + ADMINS)?.to_string(),
            expression: uuid_of("admin"),
        });
    }
    script(&statements, &varying, &head)
}
