//! The Lambda function behind `GET /me`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let _telemetry = runtime::init();
    let state = me::State::from_env()?;
    service_http::lambda::run(me::router(), state).await
}
