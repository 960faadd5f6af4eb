//! Postgres behind a transaction-pooling proxy: typed, unnamed statements, one round trip each, with time limits.

mod error;
mod keyset;
mod pool;
mod record;
mod statement;

pub use error::PgError;
pub use keyset::{KeyedRows, Keyset};
pub use pool::{AdHoc, Param, Pool, Value};
pub use record::Record;
pub use statement::Statement;
pub use tokio_postgres::Row;
pub use tokio_postgres::types::Type;
