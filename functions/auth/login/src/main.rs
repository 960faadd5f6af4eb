//! The Lambda function behind `POST /login`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let _telemetry = runtime::init();
    let state = login::State::from_env()?;
    service_http::lambda::run(login::router(), state).await
}
