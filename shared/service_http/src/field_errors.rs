//! All that is wrong with the fields of a body, not only the first thing.

use serde_json::{Value, json};

use crate::{Code, FieldAdvice, Language, Problem};

/// Collects what is wrong with the fields of one body.
#[derive(Debug)]
pub struct FieldErrors {
    language: Language,
    errors: Vec<(String, String)>,
}

impl FieldErrors {
    /// None so far; they will be in `language`.
    pub fn new(language: Language) -> FieldErrors {
        FieldErrors {
            language,
            errors: vec![],
        }
    }

    /// The language of the answer.
    pub fn language(&self) -> Language {
        self.language
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    /// The value; records what is wrong with `field`. `None` also when something is wrong with it already: the value is not
    /// what was sent then.
    pub fn check<T, E: FieldAdvice>(&mut self, field: &str, result: Result<T, E>) -> Option<T> {
        if self.has(field) {
            return None;
        }
        result.map_err(|error| self.refuse(field, &error)).ok()
    }

    /// Whether something is wrong with `field`, or with a part of it.
    pub fn has(&self, field: &str) -> bool {
        self.errors.iter().any(|(place, _)| {
            let rest = place.strip_prefix(field);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        })
    }

    /// Records what is wrong with `field`.
    pub fn refuse(&mut self, field: &str, error: &dyn FieldAdvice) {
        self.add(field.to_owned(), error.advice(self.language));
    }

    pub(crate) fn add(&mut self, field: String, detail: String) {
        self.errors.push((field, detail));
    }

    /// `validation_failed` with all of them.
    pub fn into_problem(self) -> Problem {
        let error = |(field, detail)| json!({ "field": field, "detail": detail });
        let errors: Vec<Value> = self.errors.into_iter().map(error).collect();
        Problem::new(Code::ValidationFailed).with("errors", errors)
    }
}
