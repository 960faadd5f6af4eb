//! What the way of a user's status survives: servers that stop and are killed, and a worker that is killed at each step.
//! After each, both databases agree, the outbox is drained, and the dead letters hold only the poison.
//!
//! The servers are these tests' own: two databases with their poolers, and a broker. The worker is the real program, and
//! reaches them through proxies that can hold back what passes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail"
)]

mod crashes;
mod outages;
mod servers;
mod site;
#[path = "../support/mod.rs"]
mod support;
mod traffic;
mod world;
