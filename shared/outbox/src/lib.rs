//! Events for other services are written to an outbox, in the transaction of the change itself, and published
//! from there. This is all that outboxes have in common, whatever their events are.

mod backlog;
mod relay;
mod table;

pub use backlog::{Backlog, Gauge};
pub use relay::{RelayError, relay_batch, relay_for, relay_once, run_from_env};
pub use table::{Layout, Outbox};

/// The statements that all outboxes have in common: a test of each store prepares them against its schema.
pub fn statements() -> impl Iterator<Item = &'static pg::Statement> {
    backlog::STATEMENTS.iter().chain(table::STATEMENTS).copied()
}
