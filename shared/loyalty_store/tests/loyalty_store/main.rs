//! The loyalty store on a real database.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail"
)]

mod approvals;
mod currencies;
mod for_user;
mod gifts;
mod insiders;
mod interleavings;
mod limits;
mod list;
mod memberships;
mod own_accounts;
mod plans;
mod purchase_events;
mod retention;
mod round_trips;
mod staff_lists;
mod statements;
mod subscriptions;
mod user_status;
mod world;
