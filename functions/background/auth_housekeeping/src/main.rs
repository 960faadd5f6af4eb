//! The Lambda function `auth_housekeeping`: started by a schedule every hour.

use std::time::Duration;

use auth_store::AuthStore;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use runtime::SystemClock;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let _telemetry = runtime::init();
    let store = AuthStore::from_env()?;
    let period = Duration::from_secs(runtime::parsed_or("HOUSEKEEPING_RUN_SECONDS", 60)?);
    lambda_runtime::run(service_fn(async |_: LambdaEvent<serde_json::Value>| {
        auth_housekeeping::remove_old(period, &store, &SystemClock).await?;
        Ok::<_, Error>(())
    }))
    .await
}
