//! What the loyalty side keeps: promo codes, holds, purchases, and a copy of each user's status. No personal data.

mod evaluation;
mod facts;
mod giving_back;
mod holds;
mod offers;
mod purchases;
mod release;
mod settlement;
mod store;
mod users;

pub use evaluation::Evaluated;
pub use facts::Ask;
pub use giving_back::Cancelled;
pub use holds::{Applied, Hold};
pub use purchases::{Purchase, Subscription};
pub use settlement::Settled;
pub use store::LoyaltyStore;
pub use users::StatusChange;
