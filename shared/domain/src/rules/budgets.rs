//! How much a code may cost its owner. What is held counts like what is spent, at the discount that was quoted.

use crate::Money;
use crate::decision::{Observed, Outcome, Reason};
use crate::facts::Facts;

/// The discount fits into what is left of the promo code's budget.
pub(super) fn promo(facts: &Facts) -> Outcome {
    let (spent, budget) = (facts.usage.spent_minor, facts.promo.budget_minor);
    within(Reason::PromoBudgetReached, facts, spent, budget)
}

/// The discount fits into what is left of the campaign's budget, if there is a campaign.
pub(super) fn campaign(facts: &Facts) -> Outcome {
    let campaign = facts.campaign.as_ref();
    let spent = campaign.map_or(0, |campaign| campaign.usage.spent_minor);
    let budget = campaign.and_then(|campaign| campaign.budget_minor);
    within(Reason::CampaignBudgetReached, facts, spent, budget)
}

fn within(rule: Reason, facts: &Facts, spent: i64, budget: Option<i64>) -> Outcome {
    let currency = facts.tariff.price.currency();
    let money = |minor| Money::from_minor(minor, currency).map_or(Observed::None, Observed::Money);
    let after = spent.saturating_add(facts.discount_minor());
    // So much would have to be given back, or added to the budget.
    let short = budget
        .map(|budget| after - budget)
        .filter(|short| *short > 0);
    Outcome {
        rule,
        passed: short.is_none(),
        observed: budget.map_or(Observed::None, |_| money(spent)),
        required: budget.map_or(Observed::None, money),
        change: short.map_or(Observed::None, money),
    }
}
