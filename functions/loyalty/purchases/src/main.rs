//! The Lambda function `purchases`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let _telemetry = runtime::init();
    service_http::lambda::run(purchases::router(), purchases::State::from_env()?).await
}
