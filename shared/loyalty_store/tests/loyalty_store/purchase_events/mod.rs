//! Purchase events: each change emits its event once and in order, or does not happen at all.

mod books;
mod refunds;
mod sales;
pub mod shop;
