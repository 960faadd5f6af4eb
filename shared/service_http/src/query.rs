//! Query parameters, read strictly: each at most once, numbers whole and above zero.

use std::collections::HashMap;
use std::convert::Infallible;
use std::str::FromStr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::{Code, Problem};

/// The query string of a request. Unknown parameters were refused before: see [`crate::strict`].
#[derive(Debug)]
pub struct Query(HashMap<String, Vec<String>>);

impl Query {
    /// The value of `name`, or `None` when it is absent.
    ///
    /// # Errors
    /// `query_parameter_repeated` when it is there more than once.
    pub fn optional(&self, name: &str) -> Result<Option<&str>, Problem> {
        match self.0.get(name).map(Vec::as_slice) {
            None => Ok(None),
            Some([one]) => Ok(Some(one)),
            Some(_) => Err(Problem::new(Code::QueryParameterRepeated).with("parameter", name)),
        }
    }

    /// The text `name` that is looked for in the database, which has no NUL in a text.
    ///
    /// # Errors
    /// `query_parameter_repeated`, `query_parameter_invalid`.
    pub fn optional_text(&self, name: &str) -> Result<Option<String>, Problem> {
        match self.optional(name)? {
            Some(text) if text.contains('\0') => Err(invalid(name)),
            text => Ok(text.map(str::to_owned)),
        }
    }

    /// The value of `name`.
    ///
    /// # Errors
    /// `query_parameter_missing`, `query_parameter_repeated`.
    pub fn required(&self, name: &str) -> Result<&str, Problem> {
        self.optional(name)?
            .ok_or_else(|| Problem::new(Code::QueryParameterMissing).with("parameter", name))
    }

    /// The value of `name`, which has a form of its own, or `None` when it is absent.
    ///
    /// # Errors
    /// `query_parameter_repeated`, `query_parameter_invalid`.
    pub fn optional_parsed<T: FromStr>(&self, name: &str) -> Result<Option<T>, Problem> {
        let parse = |text: &str| text.parse().map_err(|_| invalid(name));
        self.optional(name)?.map(parse).transpose()
    }

    /// The value of `name`, which has a form of its own.
    ///
    /// # Errors
    /// `query_parameter_missing`, `query_parameter_repeated`, `query_parameter_invalid`.
    pub fn parsed<T: FromStr>(&self, name: &str) -> Result<T, Problem> {
        self.optional_parsed(name)?
            .ok_or_else(|| Problem::new(Code::QueryParameterMissing).with("parameter", name))
    }

    /// The flag `name`: `true` or `false`, which is also what its absence means.
    ///
    /// # Errors
    /// `query_parameter_repeated`, `query_parameter_invalid`.
    pub fn flag(&self, name: &str) -> Result<bool, Problem> {
        match self.optional(name)? {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(invalid(name)),
        }
    }

    /// The number `name`, from 1 to `i64::MAX`, in decimal digits and nothing else.
    ///
    /// # Errors
    /// `query_parameter_missing`, `query_parameter_repeated`, `query_parameter_invalid`.
    pub fn number(&self, name: &str) -> Result<i64, Problem> {
        self.optional_number(name)?
            .ok_or_else(|| Problem::new(Code::QueryParameterMissing).with("parameter", name))
    }

    /// The number `name`, as [`Query::number`] reads it, or `None` when it is absent.
    ///
    /// # Errors
    /// `query_parameter_repeated`, `query_parameter_invalid`.
    pub fn optional_number(&self, name: &str) -> Result<Option<i64>, Problem> {
        let Some(text) = self.optional(name)? else {
            return Ok(None);
        };
        positive(text).map(Some).ok_or_else(|| invalid(name))
    }
}

/// The ID in a path, a number above zero as it is written in answers.
///
/// # Errors
/// `not_found`, the error of the resource.
pub fn path_number(text: &str, not_found: Code) -> Result<i64, Problem> {
    positive(text)
        .filter(|_| !text.starts_with('0'))
        .ok_or_else(|| Problem::new(not_found))
}

fn positive(text: &str) -> Option<i64> {
    Some(text)
        .filter(|text| text.bytes().all(|b| b.is_ascii_digit()))
        .and_then(|text| text.parse().ok())
        .filter(|number| *number > 0)
}

pub(crate) fn invalid(name: &str) -> Problem {
    Problem::new(Code::QueryParameterInvalid).with("parameter", name)
}

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let mut values: HashMap<String, Vec<String>> = HashMap::new();
        let query = parts.uri.query().unwrap_or_default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            values
                .entry(name.into_owned())
                .or_default()
                .push(value.into_owned());
        }
        Ok(Query(values))
    }
}
