//! The Lambda function `hold_sweeper`: started by a schedule every minute, it sweeps for that minute.

use std::time::Duration;

use checkout::Checkout;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use runtime::SystemClock;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let _telemetry = runtime::init();
    let checkout = Checkout::from_env()?;
    let period = Duration::from_secs(runtime::parsed_or("SWEEPER_RUN_SECONDS", 60)?);
    lambda_runtime::run(service_fn(async |_: LambdaEvent<serde_json::Value>| {
        let swept = hold_sweeper::sweep_for(period, &checkout, &SystemClock).await?;
        tracing::info!(swept.expired, swept.payments, "swept");
        Ok::<_, Error>(())
    }))
    .await
}
