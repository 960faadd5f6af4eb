//! What the loyalty side keeps: promo codes, holds, purchases, and a copy of each user's status. No personal data.

mod store;
mod users;

pub use store::LoyaltyStore;
pub use users::StatusChange;
