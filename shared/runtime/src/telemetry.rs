//! Logs as JSON lines on standard output, and error reports to Sentry when `SENTRY_DSN` is set.

use std::time::Duration;

use tracing_subscriber::EnvFilter;

/// How long an answer may wait for its error report to leave.
const FLUSH: Duration = Duration::from_secs(2);

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

/// Reports an error that was answered with a 5xx. `cause` must hold no secret and no personal data.
pub async fn report(cause: &str, request_id: &str) {
    let Some(client) = sentry::Hub::current().client() else {
        return;
    };
    sentry::with_scope(
        |scope| scope.set_tag("request_id", request_id),
        || sentry::capture_message(cause, sentry::Level::Error),
    );
    // A Lambda is frozen the moment it has answered: what is to be sent must be sent before.
    if crate::optional("AWS_LAMBDA_FUNCTION_NAME").is_some() {
        let sent = tokio::task::spawn_blocking(move || client.flush(Some(FLUSH))).await;
        if !sent.unwrap_or(false) {
            tracing::warn!(request_id, "an error report was not sent in time");
        }
    }
}
