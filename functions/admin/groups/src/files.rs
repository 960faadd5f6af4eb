//! The members of a group as a file.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt::Write;

use axum::Json;
use axum::extract::{self, Path};
use axum::http::{HeaderMap, HeaderValue, header};
use loyalty_store::{ImportMode, ImportOutcome, Member};
use service_http::{
    Code, CsvBody, CsvColumns, FieldAdvice, Language, LineErrors, Marketer, Problem, ProblemBody,
    Query, Staff,
};
use staff_http::StaffRequest;
use uuid::Uuid;

use crate::dto::{Imported, MembersChanged};
use crate::{State, number};

/// The most users in a file: 5 MB as an export, of 6 MB that a Lambda function can answer.
const MAX_LINES: usize = 100_000;

const COLUMNS: CsvColumns = CsvColumns {
    value: "user_id",
    failure: Some("error"),
    max_lines: MAX_LINES,
};

/// What is wrong with a user in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum UserError {
    #[error("use the ID of a user, a UUID")]
    NotAnId,
    #[error("remove this line: there is no such user, or the account is deleted")]
    Unknown,
    #[error("remove this line: line {0} has the same user")]
    Duplicate(usize),
}

impl FieldAdvice for UserError {
    fn russian(&self) -> &'static str {
        match self {
            UserError::NotAnId => "укажите идентификатор пользователя, UUID",
            UserError::Unknown => {
                "уберите строку: такого пользователя нет, или его учётная запись удалена"
            }
            UserError::Duplicate(_) => "уберите строку: этот пользователь уже есть выше",
        }
    }

    fn advice(&self, language: Language) -> String {
        match (self, language) {
            (UserError::Duplicate(line), Language::Ru) => {
                format!("уберите строку: этот пользователь уже есть в строке {line}")
            }
            (_, Language::En) => self.to_string(),
            (_, Language::Ru) => self.russian().to_owned(),
        }
    }
}

/// Import the members of a group
///
/// A CSV file in UTF-8 with up to 100,000 users, one on a line, by ID: in the column `user_id`, which must be named in the
/// first line if there are several columns. Columns are separated by `,` or `;`. What
/// `POST /admin/users/resolve` answers can be sent as it is: lines that have no `user_id` but an `error` are skipped.
///
/// All or nothing, and effective at once. Repeating the call changes nothing.
#[utoipa::path(
    post,
    path = "/admin/groups/{group_id}/members/import",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("group_id" = i64, Path, description = "The ID of the group", example = 90001),
        ("mode" = String, Query, description = "`add` the users, `remove` them, or `replace` all members by them", example = "add"),
        ("dry_run" = Option<bool>, Query, description = "`true` only checks the file and counts what it would change"),
        ("Idempotency-Key" = Option<String>, Header, description = "Identifies this request, so that it can be repeated safely"),
    ),
    request_body(content = String, content_type = "text/csv", description = "Up to 6,000,000 bytes", example = "user_id\n6f1c8a52-3d0e-4b7a-9c15-8e2f4d6a7b90\nd84b1e37-a0f6-4c29-b71d-52c9e3f80a46\n"),
    responses(
        (status = 200, description = "What was changed, or would be", body = Imported),
        (status = 400, description = "A query parameter is missing, repeated or invalid; `csv_not_utf8` with the `line`; `idempotency_key_invalid`", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`marketer_only`", body = ProblemBody),
        (status = 404, description = "`group_not_found`", body = ProblemBody),
        (status = 413, description = "`body_too_large`, `csv_too_long`", body = ProblemBody),
        (status = 422, description = "`csv_invalid` with the first 100 `errors` by line and the `error_count`; `csv_empty`, `idempotency_key_reused`", body = ProblemBody),
    )
)]
pub(crate) async fn import_members(
    extract::State(state): extract::State<State>,
    _: Marketer,
    language: Language,
    Path(group_id): Path<String>,
    query: Query,
    request: StaffRequest,
    CsvBody(text): CsvBody,
) -> Result<Json<Imported>, Problem> {
    let id = number(&group_id)?;
    let mode: ImportMode = query.parsed("mode")?;
    let dry_run = query.flag("dry_run")?;
    let column = COLUMNS.read(&text, language)?;
    let lines = column.lines.len();
    let mut errors = LineErrors::new(language);
    let mut seen = HashMap::with_capacity(lines);
    let (mut users, mut numbers) = (vec![], vec![]);
    for line in column.lines {
        let value = match line.value {
            Ok(value) => value,
            Err(error) => {
                errors.refuse(line.number, &error);
                continue;
            }
        };
        let Ok(user) = Uuid::parse_str(&value) else {
            errors.refuse(line.number, &UserError::NotAnId);
            continue;
        };
        match seen.entry(user) {
            Entry::Occupied(first) => {
                errors.refuse(line.number, &UserError::Duplicate(*first.get()));
            }
            Entry::Vacant(place) => {
                place.insert(line.number);
                users.push(user);
                numbers.push(line.number);
            }
        }
    }
    // With errors already, only the unknown users are looked for: all that is wrong is in one answer.
    let check = dry_run || !errors.is_empty();
    let outcome = match request {
        StaffRequest::New(change) => {
            let imported = state.store.import_members(id, mode, &users, check, change);
            imported.await?
        }
        StaffRequest::Repeated(imported) => {
            let MembersChanged { added, removed } = imported.answer()?;
            ImportOutcome::Done { added, removed }
        }
    };
    match outcome {
        ImportOutcome::KeyReused => Err(Problem::new(Code::IdempotencyKeyReused)),
        ImportOutcome::NoGroup => Err(Problem::new(Code::GroupNotFound)),
        ImportOutcome::Unknown { first, count } => {
            errors.count_further(count.saturating_sub(first.len()));
            for position in first {
                let number = numbers.get(position).copied().unwrap_or_default();
                errors.refuse(number, &UserError::Unknown);
            }
            Err(errors.into_problem())
        }
        ImportOutcome::Done { .. } if !errors.is_empty() => Err(errors.into_problem()),
        ImportOutcome::Done { added, removed } => {
            let changed = match mode {
                ImportMode::Add | ImportMode::Replace => added,
                ImportMode::Remove => removed,
            };
            Ok(Json(Imported {
                added,
                removed,
                unchanged: lines as i64 - changed,
                lines,
                skipped: column.skipped,
            }))
        }
    }
}

/// Export the members of a group
///
/// A CSV file with up to 100,000 members, ordered by user ID; times are in UTC. If there are more, the header `Link` has
/// the address of the next file.
#[utoipa::path(
    get,
    path = "/admin/groups/{group_id}/members.csv",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("group_id" = i64, Path, description = "The ID of the group", example = 90001),
        ("cursor" = Option<Uuid>, Query, description = "From the `Link` of the file before"),
    ),
    responses(
        (
            status = 200, description = "The members", body = String, content_type = "text/csv",
            headers(("link" = String, description = "`<ADDRESS>; rel=\"next\"` (RFC 8288), unless this is the last file")),
            example = "user_id,added_at\n6f1c8a52-3d0e-4b7a-9c15-8e2f4d6a7b90,2026-03-01T09:00:00Z\n",
        ),
        (status = 400, description = "A query parameter is repeated or invalid", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "The caller is not staff", body = ProblemBody),
        (status = 404, description = "`group_not_found`", body = ProblemBody),
    )
)]
pub(crate) async fn export_members(
    extract::State(state): extract::State<State>,
    _: Staff,
    Path(group_id): Path<String>,
    query: Query,
) -> Result<(HeaderMap, String), Problem> {
    let id = number(&group_id)?;
    let after = query.optional_parsed("cursor")?;
    // One more says whether another file follows.
    let limit = MAX_LINES as i64 + 1;
    let members = state.store.export_members(id, after, limit).await?;
    let mut members = members.ok_or_else(|| Problem::new(Code::GroupNotFound))?;
    let mut headers = HeaderMap::new();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/csv; charset=utf-8"),
    );
    let mut header = |name, value: String| {
        // Numbers and IDs, which are visible ASCII.
        HeaderValue::try_from(value).map(|value| headers.insert(name, value))
    };
    let file = format!("attachment; filename=\"group-{id}.csv\"");
    let _ = header(header::CONTENT_DISPOSITION, file);
    if members.len() > MAX_LINES {
        members.truncate(MAX_LINES);
        if let Some(last) = members.last() {
            let next = format!("/admin/groups/{id}/members.csv?cursor={}", last.user_id);
            let _ = header(header::LINK, format!("<{next}>; rel=\"next\""));
        }
    }
    Ok((headers, csv(&members)))
}

fn csv(members: &[Member]) -> String {
    let mut text = String::with_capacity(24 + 60 * members.len());
    text.push_str("user_id,added_at\n");
    for member in members {
        let user_id = member.user_id;
        // Whole seconds: with microseconds, 100,000 lines would be too much for an answer.
        let added_at = member.added_at.strftime("%Y-%m-%dT%H:%M:%SZ");
        // Writing to a String can't fail.
        let _ = writeln!(text, "{user_id},{added_at}");
    }
    text
}
