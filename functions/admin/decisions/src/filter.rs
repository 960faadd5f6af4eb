//! Which decisions are listed.

use domain::{PromotionId, RuleCode};
use jiff::{SignedDuration, Timestamp};
use loyalty_store::DecisionFilter;
use service_http::{Code, Problem, Query, is_kept};

/// The longest period that is searched for the decisions of everybody about everything.
const MAX_DAYS: i64 = 31;

/// The filter of a query.
///
/// # Errors
/// Those of its parameters, and `filter_too_wide` for one that names neither a user, nor a promo code, nor a promotion,
/// nor a short period: nothing else keeps the search from reading the decisions of years.
pub(crate) fn filter(query: &Query) -> Result<DecisionFilter, Problem> {
    let filter = DecisionFilter {
        user_id: query.optional_parsed("user_id")?,
        promo: query.optional_promo()?,
        promotion_id: query.optional_number("promotion_id")?.map(PromotionId),
        reason: reason(query)?,
        accepted: query.optional_parsed("accepted")?,
        from: time(query, "from")?,
        to: time(query, "to")?,
    };
    let period = filter.from.zip(filter.to);
    if period.is_some_and(|(from, to)| from >= to) {
        return Err(invalid("to"));
    }
    let is_short = |(from, to): (Timestamp, Timestamp)| {
        to.duration_since(from) <= SignedDuration::from_hours(24 * MAX_DAYS)
    };
    let has_subject =
        filter.user_id.is_some() || filter.promo.is_some() || filter.promotion_id.is_some();
    match has_subject || period.is_some_and(is_short) {
        true => Ok(filter),
        false => Err(Problem::new(Code::FilterTooWide).with("max_days", MAX_DAYS)),
    }
}

fn reason(query: &Query) -> Result<Option<RuleCode>, Problem> {
    let known = RuleCode::ALL.iter().map(|rule| rule.as_str());
    let unknown = |problem: Problem| match query.optional("reason") {
        Ok(_) => problem.with("known", known.collect::<Vec<_>>()),
        Err(repeated) => repeated,
    };
    query.optional_parsed("reason").map_err(unknown)
}

fn time(query: &Query, name: &str) -> Result<Option<Timestamp>, Problem> {
    let time = query.optional_parsed(name)?;
    match time.is_none_or(is_kept) {
        true => Ok(time),
        false => Err(invalid(name)),
    }
}

fn invalid(name: &str) -> Problem {
    Problem::new(Code::QueryParameterInvalid).with("parameter", name)
}
