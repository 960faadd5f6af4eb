//! The Lambda function behind `POST /change_password`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let _telemetry = runtime::init();
    let state = change_password::State::from_env()?;
    service_http::lambda::run(change_password::router(), state).await
}
