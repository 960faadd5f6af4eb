//! The Lambda function `cancel_apply_promocode`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let _telemetry = runtime::init();
    service_http::lambda::run(
        cancel_apply_promocode::router(),
        cancel_apply_promocode::State::from_env()?,
    )
    .await
}
