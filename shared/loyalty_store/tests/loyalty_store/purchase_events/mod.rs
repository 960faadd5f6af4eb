//! Events of purchases: everything that happened, once, in order, or nothing of it happened.

mod books;
mod refunds;
mod sales;
mod shop;
