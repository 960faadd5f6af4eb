//! The Lambda function `subscriptions`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let _telemetry = runtime::init();
    service_http::lambda::run(subscriptions::router(), subscriptions::State::from_env()?).await
}
