//! A user's status.

use uuid::Uuid;

use crate::text_enum::text_enum;

text_enum! {
    /// Whether a user may use the product.
    UserStatus {
        /// May.
        Active = "active",
        /// May not, until staff lift it.
        Blocked = "blocked",
        /// Never again.
        Deleted = "deleted",
    }
}

/// What is known of a user's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownStatus {
    /// Whose.
    pub user_id: Uuid,
    /// The status.
    pub status: UserStatus,
    /// Increases by one with every change of this user's status, from 1.
    pub version: i64,
    /// The first account of the same e-mail address, when that was deleted before this one was made.
    pub first_account_id: Option<Uuid>,
}
