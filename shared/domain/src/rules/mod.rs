//! The rules of a promo code, one function each. Every rule is evaluated at every decision.

mod audience;
mod budgets;
mod limits;
mod period;
mod price;
mod tariff;
mod user;

use crate::campaign::CampaignStatus;
use crate::decision::Outcome;
use crate::facts::{Facts, PromoStatus};

/// A rule looks at the facts and says what it found.
pub(crate) type Rule = fn(&Facts) -> Outcome;

/// All rules, in the order of [`crate::Reason`].
pub(crate) const ALL: [Rule; 22] = [
    user::registered,
    user::active,
    audience::in_audience,
    audience::text_known,
    audience::first_purchase,
    period::promo_active,
    period::campaign_active,
    period::started,
    period::not_ended,
    period::in_schedule,
    tariff::on_sale,
    tariff::in_scope,
    tariff::in_currency,
    price::above_minimum,
    limits::total,
    budgets::promo,
    limits::campaign,
    budgets::campaign,
    limits::per_user,
    limits::one_trial,
    limits::one_code_per_tariff,
    price::benefit,
];

/// Whether the code is none of this user's business.
pub(crate) fn is_hidden(facts: &Facts) -> bool {
    let published = matches!(
        facts.promo.status,
        PromoStatus::Active | PromoStatus::Paused
    );
    let retired = facts
        .campaign
        .as_ref()
        .is_some_and(|campaign| campaign.status == CampaignStatus::Archived);
    !published
        || retired
        || !audience::in_audience(facts).passed
        || !audience::text_known(facts).passed
}

#[cfg(test)]
mod tests;
