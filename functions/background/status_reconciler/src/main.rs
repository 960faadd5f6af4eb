//! The Lambda: started by a schedule every hour, it compares all users once.

use std::time::Duration;

use auth_store::AuthStore;
use domain::Clock;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use loyalty_store::LoyaltyStore;
use runtime::{SystemClock, metrics};
use serde_json::Value;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let _telemetry = runtime::init();
    let (auth, loyalty) = (AuthStore::from_env()?, LoyaltyStore::from_env()?);
    let settling = Duration::from_secs(runtime::parsed_or("RECONCILE_SETTLING_SECONDS", 300)?);
    let run = async |_: LambdaEvent<Value>| {
        let report = status_reconciler::reconcile(&auth, &loyalty, &SystemClock, settling).await?;
        report.log();
        metrics::emit(&report.metrics(), SystemClock.now());
        Ok::<(), Error>(())
    };
    lambda_runtime::run(service_fn(run)).await
}
