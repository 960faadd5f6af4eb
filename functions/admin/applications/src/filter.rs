//! Which applications a list has.

use jiff::{SignedDuration, Timestamp};
use loyalty_store::ApplicationFilter;
use service_http::{Code, Problem, Query, is_kept};

/// The longest time of which all applications can be listed.
const MAX_DAYS: i64 = 31;

/// The filter that the query says.
///
/// # Errors
/// `query_parameter_repeated`, `query_parameter_invalid`; `filter_too_broad` when no index finds the applications.
pub(crate) fn filter(query: &Query, now: Timestamp) -> Result<ApplicationFilter, Problem> {
    let mut filter = ApplicationFilter {
        user_id: query.optional_parsed("user_id")?,
        code_id: query.optional_number("promocode_id")?,
        promotion_id: query.optional_number("promotion_id")?,
        campaign_id: query.optional_number("campaign_id")?,
        tariff: query.optional_number("tariff")?,
        state: query.optional_parsed("state")?,
        by_staff: query.flag("applied_by_staff")?,
        from: time(query, "from")?,
        to: time(query, "to")?,
    };
    let ids = [filter.code_id, filter.promotion_id, filter.campaign_id];
    if filter.user_id.is_some() || ids.iter().any(Option::is_some) {
        return Ok(filter);
    }
    let to = *filter.to.get_or_insert(now);
    let longest = SignedDuration::from_hours(24 * MAX_DAYS);
    match filter.from {
        Some(from) if to.duration_since(from) <= longest => Ok(filter),
        _ => Err(Problem::new(Code::FilterTooBroad)),
    }
}

fn time(query: &Query, name: &str) -> Result<Option<Timestamp>, Problem> {
    let time = query.optional_parsed(name)?;
    match time.is_none_or(is_kept) {
        true => Ok(time),
        false => Err(Problem::new(Code::QueryParameterInvalid).with("parameter", name)),
    }
}
