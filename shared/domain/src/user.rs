//! A user's standing.

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
