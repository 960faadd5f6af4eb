//! The rules of a promo code, one function each. Every rule is evaluated at every decision that is kept.

mod audience;
mod budgets;
mod held;
mod insider;
mod limits;
mod period;
mod price;
mod tariff;
mod user;

pub use limits::MAX_UNUSED;

use crate::campaign::CampaignStatus;
use crate::facts::Facts;
use crate::outcome::Outcome;
use crate::promotion::PromotionStatus;

/// A rule looks at the facts and says what it found.
pub(crate) type Rule = fn(&Facts) -> Outcome;

/// How many rules there are.
pub const RULES: usize = ALL.len();

/// All rules, in the order of [`crate::RuleCode`].
pub(crate) const ALL: [Rule; 30] = [
    user::registered,
    user::active,
    audience::in_audience,
    audience::for_user,
    insider::is_outsider,
    audience::named_by_text,
    audience::first_purchase,
    period::promotion_active,
    period::code_issued,
    period::campaign_active,
    period::started,
    period::not_ended,
    period::code_not_ended,
    period::in_schedule,
    tariff::on_sale,
    tariff::in_scope,
    tariff::in_currency,
    price::above_minimum,
    held::for_another_tariff,
    limits::promotion,
    limits::code,
    budgets::promotion,
    limits::campaign,
    budgets::campaign,
    limits::per_user,
    limits::unused,
    limits::one_trial,
    limits::one_code_per_tariff,
    price::payable,
    price::benefit,
];

/// Those that depend on nothing but the tariff, what staff entered and what can be paid.
pub(crate) const OF_TARIFF: [Rule; 6] = [
    tariff::on_sale,
    tariff::in_scope,
    tariff::in_currency,
    price::above_minimum,
    price::payable,
    price::benefit,
];

/// Whether the code is none of this user's business.
pub(crate) fn is_hidden(facts: &Facts) -> bool {
    let published = matches!(
        facts.promotion.status,
        PromotionStatus::Active | PromotionStatus::Paused
    );
    let retired = facts
        .campaign
        .as_ref()
        .is_some_and(|campaign| campaign.status == CampaignStatus::Archived);
    !published
        || retired
        || !audience::in_audience(facts).passed
        || !audience::for_user(facts).passed
        || !audience::named_by_text(facts).passed
}

#[cfg(test)]
mod tests;
