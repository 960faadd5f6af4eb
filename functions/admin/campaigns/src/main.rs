//! The Lambda function `campaigns`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let _telemetry = runtime::init();
    service_http::lambda::run(campaigns::router(), campaigns::State::from_env()?).await
}
