//! The Lambda function `decisions`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let _telemetry = runtime::init();
    service_http::lambda::run(decisions::router(), decisions::State::from_env()?).await
}
