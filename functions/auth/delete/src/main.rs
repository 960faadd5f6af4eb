//! The Lambda function behind `DELETE /delete`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let _telemetry = runtime::init();
    let state = delete::State::from_env()?;
    service_http::lambda::run(delete::router(), state).await
}
