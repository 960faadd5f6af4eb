//! The auth store on a real database.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail"
)]

mod common;
mod sessions;
mod staff;
mod staff_log;
mod statements;
mod users;
