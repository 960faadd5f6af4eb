//! Measures every endpoint of a running stack and, in the same run, the least that its work could cost: its own SQL
//! under pgbench through the same pooler, or the hashing of the password alone.
//!
//! The SQL is not known here. One request of each kind is made while Postgres logs its statements, and what is found
//! in the log becomes the script. So the floor follows the stores by itself.

mod arrival;
mod capture;
mod case;
mod database;
mod decision_size;
mod growth;
mod latencies;
mod least;
mod load;
mod login_timing;
mod machine;
mod measure;
mod options;
mod passwords;
mod pgbench;
mod postgres_log;
mod preparation;
mod promo_codes;
mod purchase_flow;
mod reconciliation;
mod report;
mod request;
mod script;
mod sql_text;
mod status_flow;
mod subjects;
mod users;
mod verification;
mod world;

use std::process::ExitCode;
use std::time::Duration;

pub use options::Options;

use case::Case;
use measure::{Plan, Row};
use report::Goal;
use world::World;

/// Under how many connections each endpoint is measured.
const CONNECTIONS: [u64; 3] = [1, 16, 64];

/// The share of the CPUs' time that may be taken before or after the measurements.
const BUSY: f64 = 0.1;

/// A failure, for the person at the terminal.
type Error = Box<dyn std::error::Error>;
type Result<T, E = Error> = std::result::Result<T, E>;

/// Measures and prints. The exit code is a failure if a goal is missed and that was asked for.
///
/// # Errors
/// When the stack, a request or a floor fails. What fails is never measured.
pub async fn run(options: &Options) -> Result<ExitCode> {
    let named = |name: &str| options.only.as_ref().is_none_or(|part| name.contains(part));
    let wanted = |case: &Case| named(case.name());
    let others = [
        decision_size::NAME,
        login_timing::NAME,
        verification::NAME,
        purchase_flow::Outcome::Declined.name(),
        purchase_flow::Outcome::Paid.name(),
        status_flow::NAME,
        reconciliation::NAME,
    ];
    if options
        .only
        .as_ref()
        .is_some_and(|only| only.starts_with(growth::NAME))
    {
        let world = World::new(options).await?;
        let busy = machine::busy().await?;
        let goals = growth::run(&world, options).await?;
        tell_if_busy(busy).await?;
        return Ok(judged(&goals, options));
    }
    if !case::ALL.iter().any(wanted) && !others.into_iter().any(named) {
        let names = case::ALL.map(Case::name).into_iter().chain(others);
        let names = names.chain([growth::NAME]);
        let names = names.collect::<Vec<_>>().join("\n  ");
        return Err(format!("nothing has such a name. There are:\n  {names}").into());
    }
    let world = World::new(options).await?;
    world.loyalty.run(&promo_codes::sql()).await?;
    let busy = machine::busy().await?;
    println!("{}", report::HEADING);
    let mut rows = Vec::new();
    // The list comes first, while few codes are on it.
    let (list, others) = case::ALL.split_at(1);
    for group in [list, others] {
        if group.iter().any(wanted) {
            measure_all(&world, group, wanted, options, &mut rows).await?;
        }
        world.list_all_codes().await?;
    }

    tell_if_busy(busy).await?;
    let mut goals = report::goals(&rows);
    if named(decision_size::NAME) {
        goals.push(decision_size::goal(&world).await?);
    }
    if named(login_timing::NAME) {
        goals.push(login_timing::goal(&world).await?);
    }
    if named(verification::NAME) {
        goals.push(verification::goal(&world)?);
    }
    for outcome in purchase_flow::ALL {
        if named(outcome.name()) {
            goals.push(purchase_flow::goal(&world, outcome).await?);
        }
    }
    if named(status_flow::NAME) {
        goals.push(status_flow::goal(&world, options).await?);
    }
    // The last: it empties the loyalty database.
    if named(reconciliation::NAME) {
        goals.push(reconciliation::goal(&world).await?);
    }
    Ok(judged(&goals, options))
}

/// Says so when the machine had something else to do, before the measurements or now.
async fn tell_if_busy(before: f64) -> Result<()> {
    let busy = machine::busy().await?.max(before);
    if busy > BUSY {
        println!("\n{}", report::busy(busy));
    }
    Ok(())
}

/// Prints which goals are met. The exit code is a failure if one is missed and that was asked for.
fn judged(goals: &[Goal], options: &Options) -> ExitCode {
    println!();
    for goal in goals {
        let met = if goal.met { "met" } else { "MISSED" };
        println!("{met:<7}{}", goal.text);
    }
    match options.check && goals.iter().any(|goal| !goal.met) {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    }
}

/// Measures those of a group of cases that are wanted.
async fn measure_all(
    world: &World,
    group: &[Case],
    wanted: impl Fn(&Case) -> bool,
    options: &Options,
    rows: &mut Vec<Row>,
) -> Result<()> {
    // All of them: what one needs, another makes.
    let captured = capture::capture(world, group).await?;
    for of in captured.iter().filter(|captured| wanted(&captured.case)) {
        let mut before = None;
        for connections in CONNECTIONS {
            let plan = Plan {
                world,
                captured: &captured,
                of,
                connections,
                length: Duration::from_secs(options.seconds),
                subjects: None,
            };
            let row = plan.row(before).await?;
            report::print(&row);
            before = Some(row.rate);
            rows.push(row);
        }
    }
    Ok(())
}

/// A variable of the environment.
fn variable(name: &str) -> Result<String> {
    std::env::var(name).map_err(|_| format!("{name} is not set: run `cargo local bench`").into())
}
