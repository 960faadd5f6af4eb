//! The Lambda: fed by the SQS queue of status changes.

use aws_lambda_events::event::sqs::SqsEvent;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use loyalty_store::LoyaltyStore;
use runtime::SystemClock;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let _telemetry = runtime::init();
    let store = LoyaltyStore::from_env()?;
    let run = async |event: LambdaEvent<SqsEvent>| {
        Ok::<_, Error>(user_status_sync::handle_batch(&store, &SystemClock, event.payload).await)
    };
    lambda_runtime::run(service_fn(run)).await
}
