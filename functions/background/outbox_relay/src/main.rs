//! The Lambda that publishes changes of status: started every minute, it keeps the outbox empty for that minute.

use auth_store::AuthStore;
use events::sqs::{Sqs, SqsDeadLetters};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use runtime::SystemClock;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let _telemetry = runtime::init();
    let outbox = AuthStore::from_env()?.outbox();
    let publisher = Sqs::from_env("USER_STATUS_QUEUE_URL")?;
    let dead_letters = SqsDeadLetters::if_in_env()?;
    let period = outbox::run_from_env()?;
    let run = async |_: LambdaEvent<serde_json::Value>| {
        let relayed = outbox::relay_for(period, &outbox, &publisher, &SystemClock).await;
        outbox.watch(&SystemClock).await;
        if let Some(dead_letters) = &dead_letters {
            dead_letters.watch(&SystemClock).await;
        }
        tracing::info!(published = relayed?, "outbox relayed");
        Ok::<(), Error>(())
    };
    lambda_runtime::run(service_fn(run)).await
}
