//! The Lambda function behind `/admin/users`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let _telemetry = runtime::init();
    let state = users::State::from_env()?;
    service_http::lambda::run(users::router(), state).await
}
