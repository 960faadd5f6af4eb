//! The Lambda function `loyalty_users`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let _telemetry = runtime::init();
    service_http::lambda::run(loyalty_users::router(), loyalty_users::State::from_env()?).await
}
