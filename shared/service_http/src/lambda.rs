//! Running a router as a Lambda function.

use lambda_http::Error;
use utoipa_axum::router::OpenApiRouter;

use crate::AllowedOrigins;

/// Serves `router` with `state`, and the edge of [`crate::app`] around it, until the runtime stops.
///
/// # Errors
/// When `ALLOWED_ORIGINS` is not valid, or the runtime API can't be reached.
pub async fn run<S>(router: OpenApiRouter<S>, state: S) -> Result<(), Error>
where
    S: Clone + Send + Sync + 'static,
{
    let (router, _openapi) = crate::strict(router.with_state(state));
    let origins = AllowedOrigins::from_env()?;
    lambda_http::run(origins.around(crate::app(router))).await
}
