//! The Lambda function `use_promocode`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let _telemetry = runtime::init();
    service_http::lambda::run(use_promocode::router(), use_promocode::State::from_env()?).await
}
