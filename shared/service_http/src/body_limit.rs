//! How large a body may be: that of a file more than another. Which calls take a file is in their description.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::HttpBody;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use utoipa::openapi::path::Operation;
use utoipa::openapi::{OpenApi, RefOr};

use crate::csv_body::CSV;
use crate::media_type::is_json;
use crate::{Code, Problem};

/// The largest body that is read, in bytes, unless it is a file.
pub const MAX_BODY: usize = 64 * 1024;

/// The largest file that is read, in bytes. A Lambda function is invoked with 6 MiB at most: the request, with its line
/// ends and quotes escaped.
pub const MAX_FILE: usize = 6_000_000;

/// The operations that take a file, by method and path; whether they take JSON, too.
pub(crate) type Files = HashMap<(Method, String), bool>;

/// The operations whose body may be CSV.
pub(crate) fn files(openapi: &OpenApi) -> Files {
    let mut files = Files::new();
    for (path, item) in &openapi.paths.paths {
        let operations = [
            (Method::POST, &item.post),
            (Method::PUT, &item.put),
            (Method::PATCH, &item.patch),
        ];
        for (method, operation) in operations {
            let takes = |kind| operation.as_ref().is_some_and(|o| takes(o, kind));
            if takes(CSV) {
                files.insert((method, path.clone()), takes("application/json"));
            }
        }
    }
    files
}

fn takes(operation: &Operation, kind: &str) -> bool {
    match &operation.request_body {
        Some(RefOr::T(body)) => body.content.contains_key(kind),
        _ => false,
    }
}

/// How large the body of a request may be, among its extensions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit(pub usize);

impl Default for Limit {
    fn default() -> Limit {
        Limit(MAX_BODY)
    }
}

/// Refuses a body that is declared to be too large, before anything of it is read; extractors count what they read.
pub(crate) async fn limit(
    State(files): State<Arc<Files>>,
    mut request: Request,
    next: Next,
) -> Response {
    let limit = limit_of(&files, &request);
    if declared_size(&request) > limit as u64 {
        return too_large(limit).into_response();
    }
    DefaultBodyLimit::max(limit).apply(&mut request);
    request.extensions_mut().insert(Limit(limit));
    next.run(request).await
}

fn limit_of(files: &Files, request: &Request) -> usize {
    let path = request.extensions().get::<MatchedPath>();
    let operation = path.map(|path| (request.method().clone(), path.as_str().to_owned()));
    match operation.and_then(|operation| files.get(&operation)) {
        Some(takes_json) if !(*takes_json && is_json(request.headers())) => MAX_FILE,
        _ => MAX_BODY,
    }
}

/// The error for a body of more than `limit` bytes.
pub(crate) fn too_large(limit: usize) -> Problem {
    Problem::new(Code::BodyTooLarge).with("limit", limit)
}

/// The size of the body as far as it is known before it is read.
fn declared_size(request: &Request) -> u64 {
    let declared = request.headers().get(header::CONTENT_LENGTH);
    let declared = declared.and_then(|value| value.to_str().ok()?.parse().ok());
    declared
        .unwrap_or(0)
        .max(request.body().size_hint().lower())
}
