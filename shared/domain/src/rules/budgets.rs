//! How much a code may cost its owner. What is held counts like what is spent, at the discount that was quoted.

use crate::decision::{Observed, Outcome, Reason};
use crate::facts::Facts;
use crate::{Currency, Money};

/// The discount fits into what is left of the promo code's budget.
pub(super) fn promo(facts: &Facts) -> Outcome {
    let (spent, promo) = (facts.usage.spent_minor, &facts.promo);
    let budget = promo.budget_minor.map(|minor| (minor, promo.currency));
    within(Reason::PromoBudgetReached, facts, spent, budget)
}

/// The discount fits into what is left of the campaign's budget, if there is a campaign.
pub(super) fn campaign(facts: &Facts) -> Outcome {
    let campaign = facts.campaign.as_ref();
    let spent = campaign.map_or(0, |campaign| campaign.usage.spent_minor);
    let budget = campaign.and_then(|campaign| Some((campaign.budget_minor?, campaign.currency)));
    within(Reason::CampaignBudgetReached, facts, spent, budget)
}

fn within(rule: Reason, facts: &Facts, spent: i64, budget: Option<(i64, Currency)>) -> Outcome {
    let Some((budget, currency)) = budget else {
        return Outcome {
            rule,
            passed: true,
            observed: Observed::None,
            required: Observed::None,
            change: Observed::None,
        };
    };
    let money = |minor| Money::from_minor(minor, currency).map_or(Observed::None, Observed::Money);
    // So much would have to be given back, or added to the budget.
    let short = spent.saturating_add(facts.discount_minor()) - budget;
    Outcome {
        rule,
        passed: short <= 0,
        observed: money(spent),
        required: money(budget),
        change: if short > 0 {
            money(short)
        } else {
            Observed::None
        },
    }
}
