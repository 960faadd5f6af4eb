//! The Lambda function `admin_tariffs`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let _telemetry = runtime::init();
    service_http::lambda::run(admin_tariffs::router(), admin_tariffs::State::from_env()?).await
}
