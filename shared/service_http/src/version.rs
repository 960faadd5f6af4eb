//! Versions of resources that several people change: `ETag` and `If-Match` (RFC 9110, 13.1.1).

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::header::{ETAG, IF_MATCH};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::{Code, Problem};

/// How often a change of any version is made again, when somebody else was faster each time.
const ATTEMPTS: usize = 10;

/// A resource in an answer, with its version as its `ETag`.
#[derive(Debug)]
pub struct Versioned<T> {
    /// The version.
    pub version: i32,
    /// The resource.
    pub body: T,
}

impl<T: Serialize> IntoResponse for Versioned<T> {
    fn into_response(self) -> Response {
        ([(ETAG, format!("\"{}\"", self.version))], Json(self.body)).into_response()
    }
}

/// The version that a resource must have to be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfMatch {
    /// Any.
    Any,
    /// This one.
    Version(i32),
}

impl IfMatch {
    /// The version, if it is a certain one.
    pub fn version(self) -> Option<i32> {
        match self {
            IfMatch::Any => None,
            IfMatch::Version(version) => Some(version),
        }
    }

    /// Runs `change`, which reads a version and writes the next one. If any version may be changed and somebody else has
    /// changed it between the two, it is run again, a few times.
    ///
    /// # Errors
    /// Those of `change`.
    pub async fn change<T, F>(self, change: impl Fn() -> F) -> Result<T, Problem>
    where
        F: Future<Output = Result<T, Problem>>,
    {
        for _ in 1..ATTEMPTS {
            match change().await {
                Err(problem)
                    if self == IfMatch::Any && problem.code() == Code::ChangedMeanwhile => {}
                done => return done,
            }
        }
        change().await
    }
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut values = parts.headers.get_all(IF_MATCH).into_iter();
        let value = values.next();
        let value = value.ok_or_else(|| Problem::new(Code::IfMatchMissing))?;
        let read = |text: &str| match text {
            "*" => Some(IfMatch::Any),
            tag => {
                let digits = tag.strip_prefix('"')?.strip_suffix('"')?;
                let version = Some(digits).filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
                version?.parse().ok().map(IfMatch::Version)
            }
        };
        let read = value.to_str().ok().map(str::trim).and_then(read);
        read.filter(|_| values.next().is_none())
            .ok_or_else(|| Problem::new(Code::IfMatchInvalid))
    }
}
