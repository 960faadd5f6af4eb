//! What is wrong with the lines of a file.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::{Code, FieldAdvice, Language, Problem};

/// How many are told: the first ones.
const MAX_LINE_ERRORS: usize = 100;

/// Collects what is wrong with the lines of a file. All are counted, and the first 100 are told.
#[derive(Debug)]
pub struct LineErrors {
    language: Language,
    first: BTreeMap<usize, String>,
    count: usize,
}

/// What is wrong with a line of a file.
#[derive(Serialize, ToSchema)]
pub struct LineError {
    /// The number of the line; the first one is 1.
    #[schema(example = 17)]
    line: usize,
    /// What to do about it, in the language of Accept-Language.
    #[schema(example = "remove this line: there is no such user, or the account is deleted")]
    detail: String,
}

impl LineErrors {
    /// None so far; they will be in `language`.
    pub fn new(language: Language) -> LineErrors {
        LineErrors {
            language,
            first: BTreeMap::new(),
            count: 0,
        }
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// How many lines are wrong.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Records what is wrong with a line, in any order. A line is recorded once.
    pub fn refuse(&mut self, line: usize, error: &dyn FieldAdvice) {
        self.count += 1;
        let is_early = self.first.len() < MAX_LINE_ERRORS
            || self
                .first
                .last_key_value()
                .is_some_and(|(last, _)| line < *last);
        if is_early {
            self.first.insert(line, error.advice(self.language));
        }
        if self.first.len() > MAX_LINE_ERRORS {
            self.first.pop_last();
        }
    }

    /// Counts further lines that are wrong, all after those that were recorded.
    pub fn count_further(&mut self, count: usize) {
        self.count += count;
    }

    /// The first ones, by line.
    pub fn into_first(self) -> Vec<LineError> {
        let error = |(line, detail)| LineError { line, detail };
        self.first.into_iter().map(error).collect()
    }

    /// `csv_invalid` with the first ones and their number.
    pub fn into_problem(self) -> Problem {
        let count = self.count;
        let errors: Vec<Value> = self.into_first().iter().map(|error| json!(error)).collect();
        Problem::new(Code::CsvInvalid)
            .with("errors", errors)
            .with("error_count", count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::EmailError;

    #[test]
    fn first_errors_are_told_in_order_and_all_are_counted() {
        let mut errors = LineErrors::new(Language::Ru);
        assert!(errors.is_empty());
        for line in (1..=150).rev().chain(151..=200) {
            errors.refuse(line, &EmailError::Empty);
        }
        errors.count_further(7);
        assert_eq!(errors.count(), 207);
        let problem = errors.into_problem();
        assert_eq!(problem.member("error_count"), Some(&json!(207)));
        let told = problem.member("errors").unwrap().as_array().unwrap();
        let lines: Vec<_> = told.iter().map(|error| &error["line"]).collect();
        assert_eq!(json!(lines), json!(Vec::from_iter(1..=100)));
        assert_eq!(told[0]["detail"], "укажите адрес электронной почты");
    }
}
