//! Errors as RFC 9457 problem details.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use domain::{Decision, Outcome};
use pg::PgError;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Code, Language};

/// An error answer. Rendered at the edge of the app, where the language and the request's id are known.
#[derive(Debug, Clone)]
pub struct Problem {
    code: Code,
    fields: Map<String, Value>,
    reasons: Vec<Outcome>,
    headers: Vec<(HeaderName, HeaderValue)>,
    cause: Option<String>,
}

impl Problem {
    /// A problem with nothing but its code.
    pub fn new(code: Code) -> Problem {
        Problem {
            code,
            fields: Map::new(),
            reasons: vec![],
            headers: vec![],
            cause: None,
        }
    }

    /// Adds a member to the answer.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Problem {
        self.fields.insert(name.to_owned(), value.into());
        self
    }

    /// Adds a header to the answer.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Problem {
        self.headers.push((name, value));
        self
    }

    /// Adds the header `Retry-After`: whole seconds, rounded up, at least one.
    #[must_use]
    pub fn with_retry_after(self, wait: Duration) -> Problem {
        let seconds = wait.as_millis().div_ceil(1000).max(1);
        let seconds = u64::try_from(seconds).unwrap_or(u64::MAX);
        self.with_header(header::RETRY_AFTER, seconds.into())
    }

    /// Adds what is logged and reported, and never sent. It must hold no secret and no personal data.
    #[must_use]
    pub fn caused_by(mut self, cause: impl ToString) -> Problem {
        self.cause = Some(cause.to_string());
        self
    }

    /// One field of the body is not acceptable: `detail` says what it must be.
    pub fn invalid_field(field: &str, detail: impl ToString) -> Problem {
        Problem::new(Code::ValidationFailed).with(
            "errors",
            json!([{ "field": field, "detail": detail.to_string() }]),
        )
    }

    /// The rules refused a promo code. The first refusal, in the order of the rules, names the problem. A code that the
    /// caller must not know of is answered like one that does not exist.
    pub fn refused(decision: &Decision, decision_id: Option<Uuid>) -> Problem {
        match decision.hidden {
            true => Problem::new(Code::PromoNotFound),
            false => Problem::of_refusals(decision, decision_id),
        }
    }

    /// The same for staff, from whom nothing is hidden.
    pub fn refused_to_staff(decision: &Decision, decision_id: Uuid) -> Problem {
        Problem::of_refusals(decision, Some(decision_id))
    }

    fn of_refusals(decision: &Decision, decision_id: Option<Uuid>) -> Problem {
        let reasons: Vec<Outcome> = decision.refusals().cloned().collect();
        let Some(first) = reasons.first() else {
            return Problem::new(Code::Internal).caused_by("a refusal without a reason");
        };
        let mut problem = Problem::new(first.rule.into());
        if let Some(id) = decision_id {
            problem = problem.with("decision_id", id.to_string());
        }
        problem.reasons = reasons;
        problem
    }

    /// The problem's code.
    pub fn code(&self) -> Code {
        self.code
    }

    /// A member of the answer.
    #[cfg(test)]
    pub(crate) fn member(&self, name: &str) -> Option<&Value> {
        self.fields.get(name)
    }

    pub(crate) fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// The answer itself.
    pub(crate) fn render(&self, language: Language, request_id: &str) -> Response {
        let mut fields = self.fields.clone();
        if !self.reasons.is_empty() {
            let reasons = self
                .reasons
                .iter()
                .map(|reason| Refusal::new(reason, language));
            fields.insert("reasons".to_owned(), reasons.map(|r| json!(r)).collect());
        }
        let body = ProblemBody {
            r#type: format!("urn:problem-type:loyalty:{}", self.code.as_str()),
            title: self.code.title(language),
            status: self.code.status().as_u16(),
            detail: self.code.advice(language),
            code: self.code.as_str(),
            request_id: request_id.to_owned(),
            fields,
        };
        let mut response = (self.code.status(), axum::Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(
            header::CONTENT_LANGUAGE,
            HeaderValue::from_static(language.tag()),
        );
        if self.code.status() == axum::http::StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        headers.extend(self.headers.iter().cloned());
        response
    }
}

/// The body of an error answer. Some codes come with further members.
#[derive(Serialize, ToSchema)]
pub struct ProblemBody {
    /// A URN that contains the code.
    #[schema(example = "urn:problem-type:loyalty:promo_ended")]
    r#type: String,
    /// What happened, in the language of Accept-Language.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What to do about it.
    detail: &'static str,
    /// The stable code of the error: see docs/errors.md.
    #[schema(example = "promo_ended")]
    code: &'static str,
    /// Identifies this request in the logs.
    request_id: String,
    #[serde(flatten)]
    #[schema(value_type = Object)]
    fields: Map<String, Value>,
}

/// One rule that a promo code did not pass.
#[derive(Serialize, ToSchema)]
pub struct Refusal {
    /// The rule's code.
    #[schema(example = "promo_ended")]
    code: &'static str,
    /// What the rule found, in the language of Accept-Language.
    detail: &'static str,
    /// The observed value.
    #[schema(value_type = Value)]
    observed: Value,
    /// The required value.
    #[schema(value_type = Value)]
    required: Value,
    /// The smallest change of the observed value that would pass, where numbers are compared: seconds to wait, uses to
    /// release, money by which the price is too low.
    #[schema(value_type = Option<Value>)]
    #[serde(skip_serializing_if = "Value::is_null")]
    change: Value,
}

impl Refusal {
    fn new(outcome: &Outcome, language: Language) -> Refusal {
        let code = Code::from(outcome.rule);
        Refusal {
            code: code.as_str(),
            detail: code.title(language),
            observed: json!(outcome.observed),
            required: json!(outcome.required),
            change: json!(outcome.change),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        // A plain answer for the way up; the edge puts the rendered one in its place.
        let mut response = self.code.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<PgError> for Problem {
    fn from(error: PgError) -> Problem {
        match error {
            PgError::Unavailable(_) | PgError::Raised(_) => Problem::new(Code::ServiceUnavailable)
                .with_retry_after(Duration::from_secs(1))
                .caused_by(error),
            PgError::UniqueViolation(_) | PgError::Internal(_) => {
                Problem::new(Code::Internal).caused_by(error)
            }
        }
    }
}
