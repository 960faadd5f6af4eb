//! The Lambda function `subscription`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let _telemetry = runtime::init();
    service_http::lambda::run(subscription::router(), subscription::State::from_env()?).await
}
