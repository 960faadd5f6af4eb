//! Which decisions are listed.

use domain::{PromotionId, RuleCode};
use jiff::{SignedDuration, Timestamp};
use loyalty_store::DecisionFilter;
use service_http::{Code, Problem, Query, TimeWindow};

/// The longest period that is searched for the decisions of everybody about everything.
const MAX_DAYS: i64 = 31;

/// The filter of a query.
///
/// # Errors
/// Those of its parameters, and `filter_too_wide` for one that names neither a user, nor a promo code, nor a promotion,
/// nor a short period: nothing else keeps the search from reading the decisions of years.
pub(crate) fn filter(query: &Query) -> Result<DecisionFilter, Problem> {
    let window = TimeWindow::read(query)?;
    let filter = DecisionFilter {
        user_id: query.optional_parsed("user_id")?,
        promo: query.optional_promo()?,
        promotion_id: query.optional_number("promotion_id")?.map(PromotionId),
        reason: reason(query)?,
        accepted: query.optional_parsed("accepted")?,
        from: window.from,
        to: window.to,
    };
    let is_short = |(from, to): (Timestamp, Timestamp)| {
        to.duration_since(from) <= SignedDuration::from_hours(24 * MAX_DAYS)
    };
    let has_subject =
        filter.user_id.is_some() || filter.promo.is_some() || filter.promotion_id.is_some();
    match has_subject || window.from.zip(window.to).is_some_and(is_short) {
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
