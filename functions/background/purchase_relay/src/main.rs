//! The Lambda that publishes events of purchases: started every minute, it keeps the outbox empty for that minute.

use events::sqs::Sqs;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use loyalty_store::LoyaltyStore;
use runtime::SystemClock;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let _telemetry = runtime::init();
    let outbox = LoyaltyStore::from_env()?.outbox();
    let publisher = Sqs::from_env("PURCHASE_EVENTS_QUEUE_URL")?;
    let period = outbox::run_from_env()?;
    let run = async |_: LambdaEvent<serde_json::Value>| {
        let relayed = outbox::relay_for(period, &outbox, &publisher, &SystemClock).await;
        outbox.watch(&SystemClock).await;
        tracing::info!(published = relayed?, "outbox relayed");
        Ok::<(), Error>(())
    };
    lambda_runtime::run(service_fn(run)).await
}
