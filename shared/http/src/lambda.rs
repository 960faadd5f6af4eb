//! Running a router as a Lambda function.

use lambda_http::Error;
use utoipa_axum::router::OpenApiRouter;

/// Serves `router`, with the edge of [`crate::app`] around it, until the runtime stops.
///
/// # Errors
/// When the runtime API can't be reached.
pub async fn run(router: OpenApiRouter) -> Result<(), Error> {
    lambda_http::run(crate::app(router.into())).await
}
