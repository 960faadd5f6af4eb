//! The Lambda function `get_active_promocodes`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let _telemetry = runtime::init();
    service_http::lambda::run(
        get_active_promocodes::router(),
        get_active_promocodes::State::from_env()?,
    )
    .await
}
