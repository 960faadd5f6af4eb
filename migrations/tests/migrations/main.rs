//! The migrations and functions of both databases, on databases of their own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail"
)]

mod common;
mod conventions;
mod files;
mod first_admin;
mod functions;
mod schema;
