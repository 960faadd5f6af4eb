//! What is told of purchases: everything that happened, once, in order, or nothing of it happened.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod books;
mod refunds;
mod sales;
mod shop;
#[path = "../world/mod.rs"]
mod world;
