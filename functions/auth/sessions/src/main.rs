//! The Lambda function behind `GET /sessions` and `DELETE /sessions/{session_id}`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let _telemetry = runtime::init();
    let state = sessions::State::from_env()?;
    service_http::lambda::run(sessions::router(), state).await
}
