//! The Lambda function `refunds`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let _telemetry = runtime::init();
    service_http::lambda::run(refunds::router(), refunds::State::from_env()?).await
}
