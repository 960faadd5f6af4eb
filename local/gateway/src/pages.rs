//! What a browser finds: the first page, and the description of the API as a page.

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use utoipa_swagger_ui::{Config, SwaggerUi};

/// Calls made on the page carry the token that was pasted into it, also after a reload.
pub(crate) fn router() -> Router {
    let config = Config::new(["/openapi.json"])
        .persist_authorization(true)
        .try_it_out_enabled(true);
    Router::new()
        .route("/", get(async || Html(include_str!("index.html"))))
        .merge(SwaggerUi::new("/docs").config(config))
}
