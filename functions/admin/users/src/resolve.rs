//! From e-mail addresses to the IDs of users.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt::Write;

use auth_store::AuthStore;
use axum::Json;
use axum::extract::{self, FromRequest, Request};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use domain::{Email, EmailError};
use jiff::Timestamp;
use service_http::{
    Code, CsvBody, CsvColumn, CsvColumns, CsvLineError, FieldAdvice, FieldErrors, JsonBody,
    Language, LineErrors, Problem, ProblemBody, Staff, prefers,
};
use uuid::Uuid;

use crate::State;
use crate::dto::{ResolveRequest, Resolved, ResolvedFile, ResolvedUsers};

/// The most addresses that one JSON call resolves: as many as one call adds to a group.
const MAX_EMAILS: usize = 1_000;

/// A file has as many as one that is imported into a group.
const COLUMNS: CsvColumns = CsvColumns {
    value: "email",
    failure: None,
    max_lines: 100_000,
};

/// Why a line has no user. Never quotes the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum LineFailure {
    #[error(transparent)]
    Line(CsvLineError),
    #[error(transparent)]
    Address(EmailError),
    #[error("there is no account with this address")]
    NoAccount,
    #[error("remove this line: line {0} has the same user")]
    Duplicate(usize),
}

impl LineFailure {
    /// The value of the column `error`.
    fn code(self) -> &'static str {
        match self {
            LineFailure::Line(_) => "invalid_line",
            LineFailure::Address(_) => "invalid_address",
            LineFailure::NoAccount => "no_account",
            LineFailure::Duplicate(_) => "duplicate",
        }
    }
}

impl FieldAdvice for LineFailure {
    fn russian(&self) -> &'static str {
        match self {
            LineFailure::Line(error) => error.russian(),
            LineFailure::Address(error) => error.russian(),
            LineFailure::NoAccount => "учётной записи с таким адресом нет",
            LineFailure::Duplicate(_) => "уберите строку: этот пользователь уже есть выше",
        }
    }

    fn advice(&self, language: Language) -> String {
        match (self, language) {
            (LineFailure::Duplicate(line), Language::Ru) => {
                format!("уберите строку: этот пользователь уже есть в строке {line}")
            }
            (_, Language::En) => self.to_string(),
            (_, Language::Ru) => self.russian().to_owned(),
        }
    }
}

/// Find the IDs of users by their e-mail addresses
///
/// Groups, audiences of promo codes, decisions and eligibility know users by these IDs; the addresses themselves stay
/// on this side. Each user found is recorded together with who asked.
///
/// JSON names up to 1,000 addresses; if one is invalid, none is looked up. A CSV file in UTF-8 names up to 100,000, one on
/// a line, in the column `email`, which must be named in the first line if there are several columns. It is answered with
/// a CSV file of `user_id`, `line` and `error`, in which a line has either a user or an error (`invalid_line`,
/// `invalid_address`, `no_account`, `duplicate`), and which `POST /admin/groups/{group_id}/members/import` takes as it is.
/// With `Accept: application/json`, it is answered with the IDs and the first 100 errors.
#[utoipa::path(
    post,
    path = "/admin/users/resolve",
    tag = "admin",
    security(("access_token" = [])),
    request_body(content(
        (ResolveRequest = "application/json"),
        (String = "text/csv", example = "email\nanna@example.com\nboris@example.com\n"),
    )),
    responses(
        (status = 200, description = "The users", content(
            (Resolved = "application/json"),
            (String = "text/csv", example = "user_id,line,error\n6f1c8a52-3d0e-4b7a-9c15-8e2f4d6a7b90,2,\n,3,no_account\n"),
        )),
        (status = 400, description = "`body_not_json`, `csv_not_utf8` with the `line`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "`token_missing`, `token_invalid`, `token_expired`, `token_revoked`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "`staff_only`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "`body_too_large`, `csv_too_long`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`validation_failed` with the positions of the addresses, `too_many_users`; `csv_empty`, `csv_invalid` if the column can't be told from others", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn resolve_users(
    extract::State(state): extract::State<State>,
    Staff(caller): Staff,
    language: Language,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    let now = state.clock.now();
    let lookup = Lookup {
        store: &state.store,
        actor_id: caller.user_id,
        now,
        language,
    };
    if !CsvBody::is_declared(&headers) {
        let body = JsonBody::from_request(request, &state).await;
        let body = body.map_err(|problem| match problem.code() {
            Code::UnsupportedMediaType => problem.with(
                "accepted",
                vec!["application/json", "text/csv; charset=utf-8"],
            ),
            _ => problem,
        });
        return Ok(Json(lookup.list(body?).await?).into_response());
    }
    let CsvBody(text) = CsvBody::from_request(request, &state).await?;
    let lines = lookup.file(COLUMNS.read(&text, language)?).await?;
    if prefers(&headers, "application/json", "text/csv") {
        let answer = Resolved::File(resolved_file(lines, language));
        return Ok(Json(answer).into_response());
    }
    let kind = [(header::CONTENT_TYPE, "text/csv; charset=utf-8")];
    Ok((kind, csv(&lines)).into_response())
}

/// A line of a file, by its number.
type ResolvedLine = (usize, Result<Uuid, LineFailure>);

/// Who asks, and when.
struct Lookup<'s> {
    store: &'s AuthStore,
    actor_id: Uuid,
    now: Timestamp,
    language: Language,
}

impl Lookup<'_> {
    async fn list(
        &self,
        JsonBody(ResolveRequest { emails }): JsonBody<ResolveRequest>,
    ) -> Result<Resolved, Problem> {
        if emails.len() > MAX_EMAILS {
            return Err(Problem::new(Code::TooManyUsers).with("limit", MAX_EMAILS));
        }
        let mut errors = FieldErrors::new(self.language);
        let parsed = emails.iter().enumerate().map(|(position, email)| {
            errors.check(&format!("emails[{position}]"), Email::parse(email))
        });
        // All are checked before the first that is invalid ends it.
        let parsed: Vec<Option<Email>> = parsed.collect();
        let parsed: Option<Vec<Email>> = parsed.into_iter().collect();
        let parsed = parsed.ok_or_else(|| errors.into_problem())?;
        let keys = parsed.iter().map(Email::key).collect();
        let found = self.store.resolve(self.actor_id, keys, self.now).await?;
        Ok(Resolved::Users(ResolvedUsers::of(&parsed, &found)))
    }

    async fn file(&self, column: CsvColumn) -> Result<Vec<ResolvedLine>, Problem> {
        let lines = column.lines.into_iter().map(|line| {
            let address = line.value.map_err(LineFailure::Line);
            let email = address.and_then(|text| Email::parse(&text).map_err(LineFailure::Address));
            (line.number, email.map(|email| email.key()))
        });
        let lines: Vec<(usize, Result<String, LineFailure>)> = lines.collect();
        let keys = lines.iter().filter_map(|(_, key)| key.clone().ok());
        let found = self
            .store
            .resolve(self.actor_id, keys.collect(), self.now)
            .await?;
        let mut seen = HashMap::with_capacity(found.len());
        let resolved = lines.into_iter().map(|(number, key)| {
            let user = key.and_then(|key| found.get(&key).copied().ok_or(LineFailure::NoAccount));
            let user = user.and_then(|user| match seen.entry(user) {
                Entry::Occupied(first) => Err(LineFailure::Duplicate(*first.get())),
                Entry::Vacant(place) => {
                    place.insert(number);
                    Ok(user)
                }
            });
            (number, user)
        });
        Ok(resolved.collect())
    }
}

fn resolved_file(lines: Vec<ResolvedLine>, language: Language) -> ResolvedFile {
    let mut errors = LineErrors::new(language);
    let mut user_ids = Vec::with_capacity(lines.len());
    let count = lines.len();
    for (number, user) in lines {
        match user {
            Ok(user) => user_ids.push(user),
            Err(failure) => errors.refuse(number, &failure),
        }
    }
    ResolvedFile {
        user_ids,
        error_count: errors.count(),
        errors: errors.into_first(),
        lines: count,
    }
}

fn csv(lines: &[ResolvedLine]) -> String {
    let mut text = String::with_capacity(20 + 46 * lines.len());
    text.push_str("user_id,line,error\n");
    for (number, user) in lines {
        // Writing to a String can't fail.
        let _ = match user {
            Ok(user) => writeln!(text, "{user},{number},"),
            Err(failure) => writeln!(text, ",{number},{}", failure.code()),
        };
    }
    text
}
