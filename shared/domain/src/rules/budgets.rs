//! How much a promotion may cost its owner. Reserved discounts count like spent ones, as quoted.

use super::limits::uses;
use crate::facts::Facts;
use crate::outcome::{Outcome, RuleCode, RuleValue};
use crate::{Currency, Money};

/// The discount fits into what is left of the promotion's budget.
pub(super) fn promotion(facts: &Facts) -> Outcome {
    let promotion = &facts.promotion;
    let budget = promotion
        .budget_minor
        .map(|minor| (minor, promotion.currency));
    let spent = uses(facts).spent_minor;
    within(RuleCode::PromoBudgetReached, facts, spent, budget)
}

/// The discount fits into what is left of the campaign's budget, if there is a campaign.
pub(super) fn campaign(facts: &Facts) -> Outcome {
    let campaign = facts.campaign.as_ref();
    let budget = campaign.and_then(|campaign| Some((campaign.budget_minor?, campaign.currency)));
    let spent = uses(facts).campaign_spent_minor;
    within(RuleCode::CampaignBudgetReached, facts, spent, budget)
}

fn within(rule: RuleCode, facts: &Facts, spent: i64, budget: Option<(i64, Currency)>) -> Outcome {
    let Some((budget, currency)) = budget else {
        return Outcome::of(rule, true);
    };
    let money =
        |minor| Money::from_minor(minor, currency).map_or(RuleValue::None, RuleValue::Money);
    // This much would have to be released, or added to the budget.
    let short = spent.saturating_add(facts.discount_minor()) - budget;
    Outcome {
        observed: money(spent),
        required: money(budget),
        change: match short > 0 {
            true => money(short),
            false => RuleValue::None,
        },
        ..Outcome::of(rule, short <= 0)
    }
}
