//! What stands around the routes of every function, in a Lambda and in the local gateway alike.

use std::any::Any;
use std::time::Instant;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use domain::Random;
use runtime::OsRandom;
use tower_http::catch_panic::CatchPanicLayer;

use crate::{Code, Language, MAX_BODY, Problem};

/// The longest path and query that is read, in bytes: an API gateway takes 10,240 with the headers.
const MAX_URI: usize = 8 * 1024;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Puts the edge around `router`: errors as problem details, a request id, a log line, no-store. What a route of
/// [`crate::strict`] reads has a limit there.
pub fn app(router: Router) -> Router {
    router
        .fallback(async || Problem::new(Code::RouteNotFound))
        .method_not_allowed_fallback(async || Problem::new(Code::MethodNotAllowed))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn(edge))
}

fn panicked(_: Box<dyn Any + Send>) -> Response {
    // The panic itself is logged and reported by the panic hook.
    Problem::new(Code::Internal)
        .caused_by("a handler panicked")
        .into_response()
}

async fn edge(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let request_id = OsRandom.uuid().to_string();
    let language = Language::of(request.headers());
    let method = request.method().clone();
    // Without the query, which may hold a promo code that is still secret.
    let path = request.uri().path().to_owned();

    let mut response = match request.uri().path_and_query() {
        Some(uri) if uri.as_str().len() > MAX_URI => Problem::new(Code::UriTooLong)
            .with("limit", MAX_URI)
            .into_response(),
        _ => next.run(request).await,
    };
    let problem = response.extensions_mut().remove::<Problem>();
    if let Some(problem) = &problem {
        let mut rendered = problem.render(language, &request_id);
        if let Some(allow) = response.headers().get(header::ALLOW) {
            rendered.headers_mut().insert(header::ALLOW, allow.clone());
        }
        response = rendered;
    }
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        headers.insert(REQUEST_ID, value);
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );

    let status = response.status();
    let cause = problem
        .as_ref()
        .and_then(Problem::cause)
        .unwrap_or_default();
    tracing::info!(
        %method,
        path,
        status = status.as_u16(),
        code = problem.as_ref().map(|p| p.code().as_str()),
        cause,
        request_id,
        micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
        "request"
    );
    if status.is_server_error() {
        runtime::report(cause, &request_id).await;
    }
    response
}
