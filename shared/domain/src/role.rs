//! Roles of users.

use crate::text_enum::text_enum;

text_enum! {
    /// A user's role.
    Role {
        /// Buys for themselves.
        User = "user",
        /// Reads decisions to answer why a code was refused.
        Support = "support",
        /// Makes promo codes and campaigns.
        Marketer = "marketer",
        /// Everything, other people's roles too.
        Admin = "admin",
    }
}
