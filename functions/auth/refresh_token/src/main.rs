//! The Lambda function behind `POST /refresh_token`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let _telemetry = runtime::init();
    let state = refresh_token::State::from_env()?;
    service_http::lambda::run(refresh_token::router(), state).await
}
