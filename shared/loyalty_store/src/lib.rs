//! What the loyalty side keeps: promo codes, holds, purchases, and a copy of each user's status. No personal data.

mod audit;
mod buying;
mod decisions;
mod evaluation;
mod facts;
mod giving_back;
mod groups;
mod history;
mod holds;
mod offers;
mod promos;
mod purchases;
mod refunds;
mod release;
mod rows;
mod settlement;
mod store;
mod subscriptions;
mod taking;
mod users;

pub use buying::Bought;
pub use decisions::{DecisionPlace, StoredDecision};
pub use evaluation::Evaluated;
pub use facts::Ask;
pub use giving_back::Cancelled;
pub use groups::{Change, Group, GroupError, Member, Regrouped};
pub use history::Explained;
pub use holds::{Applied, Hold};
pub use promos::{EnteredPromo, PromoEntry, PromoError, PromoFilter};
pub use purchases::Purchase;
pub use refunds::{Ordered, Refund};
pub use settlement::Settled;
pub use store::LoyaltyStore;
pub use subscriptions::{SubscribedTariff, Subscription};
pub use users::StatusChange;
