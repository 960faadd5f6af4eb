//! The Lambda function `applications`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let _telemetry = runtime::init();
    service_http::lambda::run(applications::router(), applications::State::from_env()?).await
}
