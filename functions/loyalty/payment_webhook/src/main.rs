//! The Lambda function `payment_webhook`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let _telemetry = runtime::init();
    service_http::lambda::run(
        payment_webhook::router(),
        payment_webhook::State::from_env()?,
    )
    .await
}
