//! What a request does in the database, as the database's own log tells it.

use std::fmt::Write;

use crate::Result;
use crate::case::{Case, Floor};
use crate::load;
use crate::postgres_log::Logged;
use crate::script::{Statement, Varying, script, uuid_of};
use crate::world::{ADMINS, Subjects, World, id};

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
        let captured = one(world, *case, hold_script(&all)).await?;
        all.push(captured);
    }
    for database in [&world.auth, &world.loyalty] {
        database.log_statements(false).await?;
    }
    Ok(all)
}

/// What makes the holds that are to be cancelled, or whose decisions are looked at.
pub fn hold_script(captured: &[Captured]) -> &str {
    let apply = captured.iter().find(|c| c.case == Case::ApplySpread);
    apply.map_or("", |captured| &captured.script)
}

/// Makes what the requests of `subjects` need: see [`Case::prepare`].
///
/// # Errors
/// When the service or a database fails.
pub async fn prepare(
    world: &World,
    case: Case,
    subjects: Subjects,
    hold_script: &str,
    token_of: impl Fn(u64) -> u64,
) -> Result<()> {
    case.prepare(world, subjects, token_of).await?;
    if case.needs_holds() {
        // As many clients as share the work evenly.
        let even = |clients: &u64| subjects.count.is_multiple_of(*clients);
        let clients = (1..=16).rev().find(even).unwrap_or(1);
        let times = subjects.count / clients;
        world
            .pgbench
            .run(&world.loyalty.pooler, hold_script, subjects, clients, times)
            .await?;
    }
    Ok(())
}

async fn one(world: &World, case: Case, hold_script: &str) -> Result<Captured> {
    let subjects = world.take(REQUESTS);
    prepare(world, case, subjects, hold_script, |n| n).await?;
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
            Floor::Sql => script_of(world, case, last, &recorded).await?,
            _ => String::new(),
        },
    })
}

fn texts(logged: &[Logged]) -> impl Iterator<Item = &str> {
    logged.iter().map(|one| one.sql.as_str())
}

/// The script of what was recorded; the first is that of subject `model`.
async fn script_of(
    world: &World,
    case: Case,
    model: u64,
    recorded: &[Vec<Logged>],
) -> Result<String> {
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
            types: case.database(world).types(sql).await?,
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
