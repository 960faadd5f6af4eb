//! The contract between the client and a provider, over TCP: each operation, each rule of idempotence, each class of
//! error, each way in which a webhook comes or does not.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod faults;
mod holding;
mod payments;
mod receipts;
mod refunds;
#[path = "../support/mod.rs"]
mod support;
mod webhooks;
