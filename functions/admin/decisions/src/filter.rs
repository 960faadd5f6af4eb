//! Which decisions are listed.

use domain::{PromotionId, RuleCode};
use jiff::Timestamp;
use loyalty_store::DecisionFilter;
use service_http::{Problem, Query, TimeWindow};

/// What an index finds the decisions by.
const NARROW: [&str; 4] = ["user_id", "promocode_id", "promocode", "promotion_id"];

/// The filter of a query.
///
/// # Errors
/// Those of its parameters, and `filter_too_wide` for one that names neither a user, nor a promo code, nor a promotion,
/// nor a short period: nothing else keeps the search from reading the decisions of years.
pub(crate) fn filter(query: &Query, now: Timestamp) -> Result<DecisionFilter, Problem> {
    let window = TimeWindow::read(query)?.narrowing(query, &NARROW, now)?;
    Ok(DecisionFilter {
        user_id: query.optional_parsed("user_id")?,
        promo: query.optional_promo()?,
        promotion_id: query.optional_number("promotion_id")?.map(PromotionId),
        reason: reason(query)?,
        accepted: query.optional_parsed("accepted")?,
        from: window.from,
        to: window.to,
    })
}

fn reason(query: &Query) -> Result<Option<RuleCode>, Problem> {
    let known = RuleCode::ALL.iter().map(|rule| rule.as_str());
    let unknown = |problem: Problem| match query.optional("reason") {
        Ok(_) => problem.with("known", known.collect::<Vec<_>>()),
        Err(repeated) => repeated,
    };
    query.optional_parsed("reason").map_err(unknown)
}
