//! The Lambda function `groups`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let _telemetry = runtime::init();
    service_http::lambda::run(groups::router(), groups::State::from_env()?).await
}
