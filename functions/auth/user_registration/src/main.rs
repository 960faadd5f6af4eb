//! The Lambda function behind `POST /user_registration`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let _telemetry = runtime::init();
    let state = user_registration::State::from_env()?;
    service_http::lambda::run(user_registration::router(), state).await
}
