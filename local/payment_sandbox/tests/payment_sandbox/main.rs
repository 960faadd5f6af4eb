//! The payment sandbox, and its contract with the client.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail"
)]

mod contract;
mod restart;
mod support;
mod surface;
