//! Logs as JSON lines on standard output, and error reports to Sentry when `SENTRY_DSN` is set.

use tracing_subscriber::EnvFilter;

/// Keeps error reporting alive; dropping it sends what is left.
#[must_use = "dropping it ends error reporting"]
pub struct Telemetry {
    _sentry: Option<sentry::ClientInitGuard>,
}

/// Starts logs (level from `RUST_LOG`, `info` by default) and error reports. Call once, first thing in `main`.
pub fn init() -> Telemetry {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    // A second call, as in tests, keeps the first subscriber.
    let _ = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_env_filter(filter)
        .try_init();
    let sentry = crate::optional("SENTRY_DSN").map(|dsn| {
        let mut options = sentry::ClientOptions::default();
        options.release = crate::optional("RELEASE").map(Into::into);
        options.send_default_pii = false;
        sentry::init((dsn, options))
    });
    Telemetry { _sentry: sentry }
}
