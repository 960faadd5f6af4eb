//! What every process needs from the machine it runs on: configuration, time, randomness, logs, metrics and error
//! reports.

mod ambient;
mod config;
pub mod metrics;
mod peer;
#[cfg(feature = "serve")]
mod serve;
mod telemetry;
mod throttle;

pub use ambient::{OsRandom, SystemClock};
pub use config::{ConfigError, key, optional, parsed_or, recording, required};
pub use metrics::Metric;
pub use peer::Peer;
#[cfg(feature = "serve")]
pub use serve::serve;
pub use telemetry::{Telemetry, init, report};
pub use throttle::Throttle;
