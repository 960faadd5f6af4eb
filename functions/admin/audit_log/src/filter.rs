//! Which changes are listed.

use domain::StaffResource;
use loyalty_store::AuditFilter;
use service_http::{Code, Problem, Query, TimeWindow};
use uuid::Uuid;

/// The longest action and the longest ID that are looked for: longer ones there are none.
const MAX_LENGTH: usize = 100;

/// The filter of a query.
///
/// # Errors
/// Those of its parameters.
pub(crate) fn filter(query: &Query) -> Result<AuditFilter, Problem> {
    let window = TimeWindow::read(query)?;
    Ok(AuditFilter {
        actor_id: query.optional_parsed("actor_id")?,
        user_id: query.optional_parsed("user_id")?,
        resource: resource(query)?,
        resource_id: word(query, "resource_id")?.map(as_kept),
        action: word(query, "action")?,
        from: window.from,
        to: window.to,
        about_users: false,
    })
}

fn resource(query: &Query) -> Result<Option<StaffResource>, Problem> {
    let known = StaffResource::ALL.iter().map(|resource| resource.as_str());
    let unknown = |problem: Problem| match query.optional("resource") {
        Ok(_) => problem.with("known", known.collect::<Vec<_>>()),
        Err(repeated) => repeated,
    };
    query.optional_parsed("resource").map_err(unknown)
}

/// Any text that an action or an ID can be. The database would refuse some of the others.
fn word(query: &Query, name: &'static str) -> Result<Option<String>, Problem> {
    let text = query.optional(name)?;
    let is_word = |text: &str| {
        (1..=MAX_LENGTH).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
    };
    match text.is_none_or(is_word) {
        true => Ok(text.map(str::to_owned)),
        false => Err(Problem::new(Code::QueryParameterInvalid).with("parameter", name)),
    }
}

/// A UUID in whatever spelling, as the log has it.
fn as_kept(id: String) -> String {
    id.parse::<Uuid>().map_or(id, |uuid| uuid.to_string())
}
