//! The Lambda function `promocodes`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let _telemetry = runtime::init();
    service_http::lambda::run(promocodes::router(), promocodes::State::from_env()?).await
}
