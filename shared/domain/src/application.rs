//! Where a use of a promo code stands.

use crate::text_enum::text_enum;

text_enum! {
    /// Where a use of a promo code stands. `applied` and `paying` are open, `used` is final; these three count against limits.
    ApplicationState {
        /// Held for the user until it expires.
        Applied = "applied",
        /// A payment is under way.
        Paying = "paying",
        /// Spent.
        Used = "used",
        /// Given back.
        Cancelled = "cancelled",
        /// Given back because nobody used it in time.
        Expired = "expired",
    }
}

impl ApplicationState {
    /// Held, and not yet spent.
    pub fn is_open(self) -> bool {
        matches!(self, ApplicationState::Applied | ApplicationState::Paying)
    }
}
