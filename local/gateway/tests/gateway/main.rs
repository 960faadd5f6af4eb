//! The gateway and the project around it: routes, generated files, security, metrics.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail"
)]

mod console;
mod declared_sql;
mod files;
mod generated;
mod key_rotation;
mod metrics;
mod route_parity;
mod security_table;
mod variables;
