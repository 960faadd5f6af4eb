//! The Lambda function `apply_promocode`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let _telemetry = runtime::init();
    service_http::lambda::run(
        apply_promocode::router(),
        apply_promocode::State::from_env()?,
    )
    .await
}
