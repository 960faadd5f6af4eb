//! The Lambda function `hold_sweeper`, on a schedule.

use checkout::Checkout;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use runtime::SystemClock;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let _telemetry = runtime::init();
    let checkout = Checkout::from_env()?;
    lambda_runtime::run(service_fn(async |_: LambdaEvent<serde_json::Value>| {
        let swept = hold_sweeper::sweep(&checkout, &SystemClock).await?;
        tracing::info!(swept.expired, swept.payments, "swept");
        Ok::<_, Error>(())
    }))
    .await
}
