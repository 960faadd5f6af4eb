//! The worker: events over both brokers, relays, sweeps, purchases; also while servers and programs are killed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail"
)]

mod brokers;
mod faults;
mod housekeeping;
mod purchases;
mod relays;
mod support;
