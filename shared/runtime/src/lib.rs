//! What every process needs from the machine it runs on: configuration, time, randomness, logs and error reports.

mod ambient;
mod config;
mod telemetry;

pub use ambient::{OsRandom, SystemClock};
pub use config::{ConfigError, optional, parsed_or, required};
pub use telemetry::{Telemetry, init, report};
