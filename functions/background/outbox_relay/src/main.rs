//! The Lambda: started by a schedule every minute, it keeps the outbox empty for that minute.

use std::time::Duration;

use auth_store::AuthStore;
use events::sqs::{Sqs, SqsDeadLetters};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use runtime::SystemClock;
use serde_json::Value;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let _telemetry = runtime::init();
    let (store, publisher) = (AuthStore::from_env()?, Sqs::from_env()?);
    let dead_letters = SqsDeadLetters::if_in_env()?;
    let period = Duration::from_secs(runtime::parsed_or("RELAY_RUN_SECONDS", 60)?);
    let run = async |_: LambdaEvent<Value>| {
        let relayed = outbox_relay::relay_for(period, &store, &publisher, &SystemClock).await;
        outbox_relay::watch(&store, dead_letters.as_ref(), &SystemClock).await;
        tracing::info!(published = relayed?, "outbox relayed");
        Ok::<(), Error>(())
    };
    lambda_runtime::run(service_fn(run)).await
}
