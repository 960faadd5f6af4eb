//! Query parameters that an operation does not know are refused: a misspelt `dry_run` must not apply the code.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::{OpenApi, RefOr};
use utoipa_axum::router::OpenApiRouter;

use crate::nearest::nearest;
use crate::{Code, Problem, body_limit};

/// The query parameters of each operation, by method and path.
type Known = HashMap<(Method, String), BTreeSet<String>>;

/// The routes and their description, which says what is refused: bodies that are larger than those of the operation, and
/// query parameters that it does not have. Not those of the payment provider's calls, whose URLs are its and the shop's own.
pub fn strict(router: OpenApiRouter) -> (Router, OpenApi) {
    let (router, openapi) = router.split_for_parts();
    let known = Arc::new(known(&openapi));
    let files = Arc::new(body_limit::files(&openapi));
    let router = router
        .layer(middleware::from_fn_with_state(known, refuse_unknown))
        .layer(middleware::from_fn_with_state(files, body_limit::limit));
    (router, openapi)
}

fn known(openapi: &OpenApi) -> Known {
    let mut known = Known::new();
    for (path, item) in &openapi.paths.paths {
        let operations = [
            (Method::GET, &item.get),
            (Method::PUT, &item.put),
            (Method::POST, &item.post),
            (Method::DELETE, &item.delete),
            (Method::PATCH, &item.patch),
        ];
        for (method, operation) in operations {
            let Some(operation) = operation else { continue };
            let tags = operation.tags.as_deref().unwrap_or_default();
            if !tags.iter().any(|tag| tag == "payments") {
                known.insert((method, path.clone()), query_parameters(operation));
            }
        }
    }
    known
}

fn query_parameters(operation: &Operation) -> BTreeSet<String> {
    let parameters = operation.parameters.iter().flatten();
    parameters
        .filter_map(|parameter| match parameter {
            RefOr::T(parameter) => Some(parameter),
            RefOr::Ref(_) => None,
        })
        .filter(|parameter| parameter.parameter_in == ParameterIn::Query)
        .map(|parameter| parameter.name.clone())
        .collect()
}

async fn refuse_unknown(State(known): State<Arc<Known>>, request: Request, next: Next) -> Response {
    match unknown(&known, &request) {
        Some(problem) => problem.into_response(),
        None => next.run(request).await,
    }
}

fn unknown(known: &Known, request: &Request) -> Option<Problem> {
    let query = request.uri().query()?;
    let path = request.extensions().get::<MatchedPath>()?;
    let method = match *request.method() {
        Method::HEAD => Method::GET,
        ref other => other.clone(),
    };
    let known = known.get(&(method, path.as_str().to_owned()))?;
    let mut names = form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name);
    let name = names.find(|name| !known.contains(name.as_ref()))?;
    let names: Vec<&str> = known.iter().map(String::as_str).collect();
    let mut problem = Problem::new(Code::QueryParameterUnknown)
        .with("parameter", name.chars().take(100).collect::<String>())
        .with("known", names);
    if let Some(nearest) = nearest(&name, known.iter().map(String::as_str)) {
        problem = problem.with("nearest", nearest);
    }
    Some(problem)
}
