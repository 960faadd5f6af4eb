//! What the auth side keeps: accounts, sessions, and status changes on their way out. The only store with personal data.

mod audit;
mod housekeeping;
mod outbox;
mod own_sessions;
mod password_hash;
mod passwords;
mod profile;
mod proof;
mod sessions;
mod staff;
mod staff_log;
mod statuses;
mod store;
mod tombstone;
mod users;

pub use self::outbox::Occurred;
pub use housekeeping::Ageing;
pub use own_sessions::LiveSession;
pub use password_hash::{HashError, PasswordHash, verify as verify_password};
pub use passwords::PasswordChange;
pub use profile::Profile;
pub use proof::prove;
pub use sessions::{NewSession, Rotation, Session};
pub use staff::{StaffAction, StaffError};
pub use staff_log::{StaffLogFilter, StoredAction};
pub use statuses::OwnStatus;
pub use store::AuthStore;
pub use tombstone::TombstoneKey;
pub use users::{Account, Deletion, NewUser, RegisterError};

/// The statements of the store, those of its outbox included: a test prepares each against the schema.
pub fn statements() -> impl Iterator<Item = &'static pg::Statement> {
    [
        audit::STATEMENTS,
        housekeeping::STATEMENTS,
        self::outbox::STATEMENTS,
        own_sessions::STATEMENTS,
        passwords::STATEMENTS,
        profile::STATEMENTS,
        sessions::STATEMENTS,
        staff::STATEMENTS,
        staff_log::STATEMENTS,
        statuses::STATEMENTS,
        users::STATEMENTS,
    ]
    .into_iter()
    .flatten()
    .copied()
    .chain(::outbox::statements())
}

/// A column that holds one of an enum's names.
fn named<T: std::str::FromStr>(row: &pg::Row, column: usize) -> Result<T, pg::PgError> {
    let unknown = |_| {
        pg::PgError::Internal(format!(
            "column {column} holds a name unknown to this version"
        ))
    };
    row.try_get::<_, &str>(column)?.parse().map_err(unknown)
}
