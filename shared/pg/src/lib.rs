//! Postgres behind a transaction-pooling proxy: typed, unnamed statements, one round trip each, with time limits.

mod error;
mod pool;

pub use error::PgError;
pub use pool::{Param, Pool};
pub use tokio_postgres::Row;
pub use tokio_postgres::types::Type;
