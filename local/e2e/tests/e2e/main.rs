//! The whole service over HTTP, as its users and staff see it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail"
)]

mod accounts;
mod admin_campaigns;
mod admin_guide;
mod admin_purchases;
mod admin_tariffs;
mod admin_users;
mod answers;
mod api;
mod applications;
mod approvals;
mod audit_log;
mod bad_bodies;
mod bad_fields;
mod bad_input;
mod bad_tokens;
mod campaigns;
mod codes;
mod concurrency;
mod conditions;
mod cors;
mod currencies;
mod decisions;
mod effects;
mod examples;
mod first_purchases;
mod groups;
mod guessing;
mod insiders;
mod limits;
mod loyalty_users;
mod main_path;
mod member_files;
mod moves;
mod open_purchases;
mod outcomes;
mod passwords;
mod payments;
mod personal_data;
mod promocodes;
mod purchase_events;
mod purchases;
mod quotes;
mod refunds;
mod repeated_requests;
mod revocations;
mod roles;
mod rules;
mod staff_reads;
mod status_flow;
mod subscriptions;
mod tariffs;
mod trials;
mod unknown_parameters;
mod unlisted_texts;
mod unused;
mod world;
