//! The Lambda function behind `POST /logout`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let _telemetry = runtime::init();
    let state = logout::State::from_env()?;
    service_http::lambda::run(logout::router(), state).await
}
