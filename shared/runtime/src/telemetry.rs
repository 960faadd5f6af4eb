//! Logs as JSON lines on standard output, and error reports to Sentry when `SENTRY_DSN` is set.

use std::panic;
use std::time::Duration;

use sentry::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// How long an answer may wait for its error report to leave.
const FLUSH: Duration = Duration::from_secs(2);

/// Keeps error reporting alive; dropping it sends what is left.
#[must_use = "dropping it ends error reporting"]
pub struct Telemetry {
    _sentry: Option<sentry::ClientInitGuard>,
}

/// Starts logs (levels from `RUST_LOG`, such as `info` or `warn,login=debug`; `info` by default) and error reports.
/// Call once, first thing in `main`.
pub fn init() -> Telemetry {
    let levels = crate::optional("RUST_LOG").and_then(|levels| levels.parse().ok());
    let levels = levels.unwrap_or_else(|| Targets::new().with_default(tracing::Level::INFO));
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false);
    // A second call, as in tests, keeps the first subscriber.
    let _ = tracing_subscriber::registry()
        .with(lines)
        .with(levels)
        .try_init();
    let sentry = crate::optional("SENTRY_DSN").map(|dsn| {
        let mut options = sentry::ClientOptions::default();
        options.release = crate::optional("RELEASE").map(Into::into);
        options.send_default_pii = false;
        sentry::init((dsn, options))
    });
    report_panics();
    Telemetry { _sentry: sentry }
}

/// A panic is one log line and one report: where and why. Release binaries have no symbols for a backtrace.
fn report_panics() {
    panic::set_hook(Box::new(|panic| {
        let location = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        let message = panic
            .payload_as_str()
            .unwrap_or("a panic without a message");
        tracing::error!(location, message, "panic");
        sentry::capture_message(&format!("panic at {location}: {message}"), Level::Fatal);
    }));
}

/// Reports an error that was answered with a 5xx, or what else staff must look at. `cause` must hold no secret and no
/// personal data. What anyone can bring about goes through a [`crate::Throttle`].
pub async fn report(cause: &str, request_id: &str) {
    let Some(client) = sentry::Hub::current().client() else {
        return;
    };
    sentry::with_scope(
        |scope| scope.set_tag("request_id", request_id),
        || sentry::capture_message(cause, Level::Error),
    );
    // A Lambda is frozen the moment it has answered: what is to be sent must be sent before.
    if crate::optional("AWS_LAMBDA_FUNCTION_NAME").is_some() {
        let sent = tokio::task::spawn_blocking(move || client.flush(Some(FLUSH))).await;
        if !sent.unwrap_or(false) {
            tracing::warn!(request_id, "an error report was not sent in time");
        }
    }
}
