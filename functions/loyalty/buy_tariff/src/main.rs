//! The Lambda function `buy_tariff`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let _telemetry = runtime::init();
    service_http::lambda::run(buy_tariff::router(), buy_tariff::State::from_env()?).await
}
