//! The Lambda function behind `GET /.well-known/jwks.json`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let _telemetry = runtime::init();
    let state = jwks::State::from_env()?;
    service_http::lambda::run(jwks::router(), state).await
}
