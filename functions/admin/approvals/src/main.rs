//! The Lambda function `approvals`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let _telemetry = runtime::init();
    service_http::lambda::run(approvals::router(), approvals::State::from_env()?).await
}
