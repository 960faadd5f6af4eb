//! Running a router as a Lambda function.

use lambda_http::Error;
use utoipa_axum::router::OpenApiRouter;

/// Serves `router` with `state`, and the edge of [`crate::app`] around it, until the runtime stops.
///
/// # Errors
/// When the runtime API can't be reached.
pub async fn run<S>(router: OpenApiRouter<S>, state: S) -> Result<(), Error>
where
    S: Clone + Send + Sync + 'static,
{
    let (router, _openapi) = crate::strict(router.with_state(state));
    lambda_http::run(crate::app(router)).await
}
