//! Every version of what staff enter.

use axum::Json;
use loyalty_store::PastVersion;
use serde::Serialize;
use service_http::{Code, Problem, Version, Versions};

/// All versions of a resource, each as `body` shows it.
///
/// # Errors
/// `not_found`, the error of the resource, if there are none.
pub fn versions<V, T: Serialize>(
    past: Vec<PastVersion<V>>,
    not_found: Code,
    mut body: impl FnMut(V) -> T,
) -> Result<Json<Versions<T>>, Problem> {
    if past.is_empty() {
        return Err(Problem::new(not_found));
    }
    let version = |past: PastVersion<V>| Version {
        version: past.version,
        at: past.at,
        by: past.actor_id,
        changed: None,
        value: body(past.value),
    };
    Ok(Json(Versions::new(past.into_iter().map(version).collect())))
}
