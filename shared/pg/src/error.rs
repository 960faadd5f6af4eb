//! Errors of database calls.

use tokio_postgres::error::SqlState;

/// A failed call to the database.
#[derive(Debug, thiserror::Error)]
pub enum PgError {
    /// The database can't be reached, is too slow or too busy: the same call may go through later.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// A unique constraint refused the write: somebody else was first. Holds the constraint's name.
    #[error("the constraint {0} refused the write")]
    UniqueViolation(String),
    /// A function of the database gave up on purpose, since somebody else was faster, and undid what it had done: the same
    /// call may go through now. Holds its SQLSTATE, which begins with `LS`.
    #[error("a function of the database gave up: {0}")]
    Raised(String),
    /// The statement and the schema do not fit each other: a bug.
    #[error("the database refused the statement: {0}")]
    Internal(String),
}

impl PgError {
    /// The name of the unique constraint that refused the write, if one did.
    pub fn unique_violation(&self) -> Option<&str> {
        match self {
            PgError::UniqueViolation(constraint) => Some(constraint),
            _ => None,
        }
    }
}

impl From<tokio_postgres::Error> for PgError {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(db) = error.as_db_error() else {
            // Without an answer from the server it is the connection, or a value that did not convert.
            let source = std::error::Error::source(&error);
            let io = source.and_then(<dyn std::error::Error>::downcast_ref::<std::io::Error>);
            return if error.is_closed() || io.is_some() {
                PgError::Unavailable(error.to_string())
            } else {
                PgError::Internal(error.to_string())
            };
        };
        // The message alone: DETAIL and WHERE can quote the values of a row.
        let message = format!("{} ({})", db.message(), db.code().code());
        match *db.code() {
            SqlState::UNIQUE_VIOLATION => {
                PgError::UniqueViolation(db.constraint().unwrap_or_default().to_owned())
            }
            SqlState::T_R_SERIALIZATION_FAILURE
            | SqlState::T_R_DEADLOCK_DETECTED
            | SqlState::QUERY_CANCELED
            | SqlState::LOCK_NOT_AVAILABLE => PgError::Unavailable(message),
            ref code if code.code().starts_with("LS") => PgError::Raised(code.code().to_owned()),
            ref code if matches!(code.code().get(..2), Some("08" | "53" | "57")) => {
                PgError::Unavailable(message)
            }
            _ => PgError::Internal(message),
        }
    }
}
