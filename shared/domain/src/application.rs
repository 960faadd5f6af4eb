//! The state of an application.

use crate::text_enum::text_enum;

text_enum! {
    /// The state of an application. `applied` and `paying` are open, `used` is final; these three count against limits.
    ApplicationState {
        /// Reserved for the user until it expires.
        Applied = "applied",
        /// A payment is under way.
        Paying = "paying",
        /// Spent.
        Used = "used",
        /// Released.
        Cancelled = "cancelled",
        /// Released because it expired.
        Expired = "expired",
    }
}

impl ApplicationState {
    /// Reserved, and not yet spent.
    pub fn is_open(self) -> bool {
        matches!(self, ApplicationState::Applied | ApplicationState::Paying)
    }
}
