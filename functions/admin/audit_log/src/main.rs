//! The Lambda function `audit_log`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let _telemetry = runtime::init();
    service_http::lambda::run(audit_log::router(), audit_log::State::from_env()?).await
}
