//! What a request does in the database, as the database's own log tells it.

use std::fmt::Write;

use crate::Result;
use crate::case::{Case, Floor};
use crate::load;
use crate::postgres_log::Logged;
use crate::script::{Varying, script, uuid_of};
use crate::world::{Subjects, World, id};

/// A connection may notice late that statements are to be logged.
const ATTEMPTS: usize = 10;

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

/// What makes the holds that are to be cancelled.
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
    if case == Case::Cancel {
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

/// The statements of a request are those that a second request has too.
async fn one(world: &World, case: Case, hold_script: &str) -> Result<Captured> {
    let (_, mut logged) = record(world, case, hold_script).await?;
    for _ in 0..ATTEMPTS {
        let (model, again) = record(world, case, hold_script).await?;
        let texts = |of: &[Logged]| of.iter().map(|one| one.sql.clone()).collect::<Vec<_>>();
        let same = texts(&logged) == texts(&again);
        logged = again;
        if same && (!logged.is_empty() || case.floor() != Floor::Sql) {
            return finish(world, case, model, logged).await;
        }
    }
    let mut error = format!("{}: no two requests do the same", case.name());
    for statement in &logged {
        write!(error, "\n{}", statement.sql)?;
    }
    Err(error.into())
}

async fn record(world: &World, case: Case, hold_script: &str) -> Result<(u64, Vec<Logged>)> {
    let subjects = world.take(1);
    prepare(world, case, subjects, hold_script, |n| n).await?;
    let request = case.request(world, subjects.first)?;
    let database = case.database(world);
    let start = database.log_end()?;
    load::once(world.address, request).await?;
    Ok((subjects.first, database.logged_since(start)?))
}

async fn finish(world: &World, case: Case, model: u64, logged: Vec<Logged>) -> Result<Captured> {
    let mut captured = Captured {
        case,
        model,
        statements: logged.len(),
        script: String::new(),
    };
    if case.floor() == Floor::Sql {
        let mut statements = Vec::new();
        for statement in logged {
            statements.push(case.database(world).typed(statement).await?);
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
        captured.script = script(&statements, &varying, &head)?;
    }
    Ok(captured)
}
