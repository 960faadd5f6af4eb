//! The Lambda function `tariffs`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let _telemetry = runtime::init();
    service_http::lambda::run(tariffs::router(), tariffs::State::from_env()?).await
}
