//! All that is wrong with the fields of a body, not only the first thing.

use serde_json::{Value, json};

use crate::{Code, FieldAdvice, Language, Problem};

/// Collects what is wrong with the fields of one body.
#[derive(Debug)]
pub struct FieldErrors {
    language: Language,
    errors: Vec<Value>,
}

impl FieldErrors {
    /// None so far; they will be in `language`.
    pub fn new(language: Language) -> FieldErrors {
        FieldErrors {
            language,
            errors: vec![],
        }
    }

    /// The value; records what is wrong with `field`.
    pub fn check<T, E: FieldAdvice>(&mut self, field: &str, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.refuse(field, &error)).ok()
    }

    /// Records what is wrong with `field`.
    pub fn refuse(&mut self, field: &str, error: &dyn FieldAdvice) {
        let detail = error.advice(self.language);
        self.errors
            .push(json!({ "field": field, "detail": detail }));
    }

    /// `validation_failed` with all of them.
    pub fn into_problem(self) -> Problem {
        Problem::new(Code::ValidationFailed).with("errors", self.errors)
    }
}
