//! The rules of the product: money, promo codes, decisions, users. Pure: no I/O, no clock, no randomness of its own.

mod ambient;
mod money;

pub use ambient::{Clock, Random};
pub use money::{Currency, Money, MoneyError};
