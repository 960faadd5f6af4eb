//! Which applications a list has.

use jiff::Timestamp;
use loyalty_store::ApplicationFilter;
use service_http::{Problem, Query, TimeWindow};

/// What an index finds the applications by.
const NARROW: [&str; 4] = ["user_id", "promocode_id", "promotion_id", "campaign_id"];

/// The filter that the query says.
///
/// # Errors
/// `query_parameter_repeated`, `query_parameter_invalid`; `filter_too_wide` when no index finds the applications.
pub(crate) fn filter(query: &Query, now: Timestamp) -> Result<ApplicationFilter, Problem> {
    let window = TimeWindow::read(query)?.narrowing(query, &NARROW, now)?;
    Ok(ApplicationFilter {
        user_id: query.optional_parsed("user_id")?,
        code_id: query.optional_number("promocode_id")?,
        promotion_id: query.optional_number("promotion_id")?,
        campaign_id: query.optional_number("campaign_id")?,
        tariff: query.optional_number("tariff")?,
        state: query.optional_parsed("state")?,
        by_staff: query.optional_parsed("applied_by_staff")?,
        from: window.from,
        to: window.to,
    })
}
