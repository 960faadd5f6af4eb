//! The Lambda: fed by the SQS queue of status changes.

use aws_lambda_events::event::sqs::SqsEvent;
use events::sqs::SqsDeadLetters;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use loyalty_store::LoyaltyStore;
use runtime::SystemClock;
use user_status_sync::handle_batch;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let _telemetry = runtime::init();
    let (store, dead_letters) = (LoyaltyStore::from_env()?, SqsDeadLetters::from_env()?);
    let run = async |event: LambdaEvent<SqsEvent>| {
        let batch = event.payload;
        Ok::<_, Error>(handle_batch(&store, &dead_letters, &SystemClock, batch).await)
    };
    lambda_runtime::run(service_fn(run)).await
}
