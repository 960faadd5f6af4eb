//! How often a code works. Reserved uses count like spent ones: a reserved use can't be sold twice.

use std::borrow::Cow;

use crate::facts::Facts;
use crate::outcome::{Outcome, RuleCode, RuleValue};
use crate::{Effect, Observed};

/// How many applications of a promotion a person may leave unused within 24 hours before they may not apply its codes.
pub const MAX_UNUSED: i32 = 3;

/// The promotion has a use left for all its codes.
pub(super) fn promotion(facts: &Facts) -> Outcome {
    let limit = facts.promotion.total_limit;
    below(RuleCode::PromoLimitReached, uses(facts).taken, limit)
}

/// The code has a use of its own left. One-time codes have one.
pub(super) fn code(facts: &Facts) -> Outcome {
    let limit = facts.code.max_uses;
    below(RuleCode::CodeLimitReached, uses(facts).code_uses, limit)
}

/// The campaign has a use left for all its promotions, if there is a campaign.
pub(super) fn campaign(facts: &Facts) -> Outcome {
    let campaign = facts.campaign.as_ref();
    let limit = campaign.and_then(|campaign| campaign.total_limit);
    below(
        RuleCode::CampaignLimitReached,
        uses(facts).campaign_taken,
        limit,
    )
}

/// The person has a use left in this period.
pub(super) fn per_user(facts: &Facts) -> Outcome {
    let limit = facts.promotion.per_user_limit.map(i64::from);
    below(RuleCode::UserLimitReached, uses(facts).uses, limit)
}

/// The person has not left too many applications unused within a day, where that keeps uses from others.
pub(super) fn unused(facts: &Facts) -> Outcome {
    let limit = facts.is_scarce().then_some(MAX_UNUSED);
    below(
        RuleCode::TooManyUnusedApplications,
        facts.observed.unused,
        limit.map(i64::from),
    )
}

/// A person gets one trial, whatever the code: one that is held or used in this account, or in one of the same e-mail
/// address that was deleted.
pub(super) fn one_trial(facts: &Facts) -> Outcome {
    let is_trial = matches!(facts.promotion.effect, Effect::Free { .. });
    let trial = uses(facts).trial.filter(|_| is_trial);
    Outcome {
        observed: trial.map_or(RuleValue::None, |state| state.as_str().into()),
        ..Outcome::of(RuleCode::TrialTaken, trial.is_none())
    }
}

/// A purchase uses one code: no other is applied to this tariff.
pub(super) fn one_code_per_tariff(facts: &Facts) -> Outcome {
    let other = facts.observed.other_code;
    Outcome {
        observed: other.map(|code| code.0).into(),
        ..Outcome::of(RuleCode::AnotherPromoApplied, other.is_none())
    }
}

/// What counts against the limits: without a use that is held for another tariff, which has a rule of its own.
pub(super) fn uses(facts: &Facts) -> Cow<'_, Observed> {
    match &facts.observed.held {
        None => Cow::Borrowed(&facts.observed),
        Some(_) => Cow::Owned(facts.observed.without_held()),
    }
}

/// What is not limited is not counted.
fn below(rule: RuleCode, count: i64, limit: Option<i64>) -> Outcome {
    let Some(limit) = limit else {
        return Outcome::of(rule, true);
    };
    // This many uses would have to be released.
    let more = count - limit + 1;
    Outcome {
        observed: RuleValue::Number(count),
        required: RuleValue::Number(limit),
        change: Some(more).filter(|more| *more > 0).into(),
        ..Outcome::of(rule, more <= 0)
    }
}
