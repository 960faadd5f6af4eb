//! Query parameters that an operation does not know are refused: a misspelt `dry_run` must not apply the code. Of an
//! operation that is not for everybody, its callers are known first: see [`refuse_unknown_parameter`].

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::http::request::Parts;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::{OpenApi, RefOr};
use utoipa_axum::router::OpenApiRouter;

use crate::nearest::nearest;
use crate::request_key::take_fingerprint;
use crate::{Code, Problem, body_limit};

/// Each operation, by method and path.
type Known = HashMap<(Method, String), KnownOperation>;

/// What is known of an operation.
struct KnownOperation {
    /// Its query parameters.
    parameters: BTreeSet<String>,
    /// Whether it needs an access token.
    needs_token: bool,
}

/// A parameter that the operation does not have, with those that it has.
#[derive(Debug, Clone)]
struct UnknownParameter {
    name: String,
    known: Vec<String>,
}

/// The routes and their description, which says what is refused: bodies that are larger than those of the operation, and
/// query parameters that it does not have. Not those of the payment provider's calls, whose URLs are its and the shop's own.
pub fn strict(router: OpenApiRouter) -> (Router, OpenApi) {
    let (router, openapi) = router.split_for_parts();
    let known = Arc::new(known(&openapi));
    let files = Arc::new(body_limit::files(&openapi));
    let router = router
        .layer(middleware::from_fn(take_fingerprint))
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
                let known_operation = KnownOperation {
                    parameters: query_parameters(operation),
                    needs_token: operation.security.is_some(),
                };
                known.insert((method, path.clone()), known_operation);
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

async fn refuse_unknown(
    State(known): State<Arc<Known>>,
    mut request: Request,
    next: Next,
) -> Response {
    match unknown(&known, &request) {
        Some((unknown, false)) => unknown.into_problem().into_response(),
        Some((unknown, true)) => {
            request.extensions_mut().insert(unknown);
            next.run(request).await
        }
        None => next.run(request).await,
    }
}

/// Refuses a request with an unknown query parameter, once it is known that the caller may call the operation: the
/// extractors of callers do.
///
/// # Errors
/// `query_parameter_unknown`.
pub(crate) fn refuse_unknown_parameter(parts: &Parts) -> Result<(), Problem> {
    match parts.extensions.get::<UnknownParameter>() {
        Some(unknown) => Err(unknown.clone().into_problem()),
        None => Ok(()),
    }
}

/// The first unknown parameter, and whether the operation needs an access token.
fn unknown(known: &Known, request: &Request) -> Option<(UnknownParameter, bool)> {
    let query = request.uri().query()?;
    let path = request.extensions().get::<MatchedPath>()?;
    let method = match *request.method() {
        Method::HEAD => Method::GET,
        ref other => other.clone(),
    };
    let operation = known.get(&(method, path.as_str().to_owned()))?;
    let mut names = form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name);
    let name = names.find(|name| !operation.parameters.contains(name.as_ref()))?;
    let unknown = UnknownParameter {
        name: name.into_owned(),
        known: operation.parameters.iter().cloned().collect(),
    };
    Some((unknown, operation.needs_token))
}

impl UnknownParameter {
    fn into_problem(self) -> Problem {
        let UnknownParameter { name, known } = self;
        let nearest = nearest(&name, known.iter().map(String::as_str)).map(str::to_owned);
        let problem = Problem::new(Code::QueryParameterUnknown)
            .with("parameter", name.chars().take(100).collect::<String>())
            .with("known", known);
        match nearest {
            Some(nearest) => problem.with("nearest", nearest),
            None => problem,
        }
    }
}
