//! How often a code works. Holds count like uses: a code that is held can't be sold twice.

use crate::Effect;
use crate::decision::{Observed, Outcome, Reason};
use crate::facts::Facts;

/// A use is left. One-time codes have one.
pub(super) fn total(facts: &Facts) -> Outcome {
    let limit = facts.promo.total_limit;
    below(Reason::PromoLimitReached, facts.usage.taken, limit)
}

/// The campaign has a use left for all its codes, if there is a campaign.
pub(super) fn campaign(facts: &Facts) -> Outcome {
    let campaign = facts.campaign.as_ref();
    let taken = campaign.map_or(0, |campaign| campaign.usage.taken);
    let limit = campaign.and_then(|campaign| campaign.total_limit);
    below(Reason::CampaignLimitReached, taken, limit)
}

/// The user has a use left in this period.
pub(super) fn per_user(facts: &Facts) -> Outcome {
    let uses = i64::try_from(facts.own_uses_in_period().count()).unwrap_or(i64::MAX);
    let limit = facts.promo.per_user_limit.map(i64::from);
    below(Reason::UserLimitReached, uses, limit)
}

/// A person takes one trial, whatever the code: one that is held or used in this account, or in one of the same e-mail
/// address that was deleted.
pub(super) fn one_trial(facts: &Facts) -> Outcome {
    let is_trial = matches!(facts.promo.effect, Effect::Free { .. });
    Outcome {
        rule: Reason::TrialTaken,
        passed: !is_trial || facts.trial.is_none(),
        observed: facts
            .trial
            .filter(|_| is_trial)
            .map_or(Observed::None, |state| {
                Observed::Text(state.as_str().to_owned())
            }),
        required: Observed::None,
        change: Observed::None,
    }
}

/// A purchase takes one code: no other is held for this tariff.
pub(super) fn one_code_per_tariff(facts: &Facts) -> Outcome {
    let other = facts.own_uses.iter().find(|own| {
        own.tariff_id == facts.tariff.id && own.promo_id != facts.promo.id && own.state.is_open()
    });
    Outcome {
        rule: Reason::AnotherPromoApplied,
        passed: other.is_none(),
        observed: other.map(|own| own.promo_id.0).into(),
        required: Observed::None,
        change: Observed::None,
    }
}

fn below(rule: Reason, count: i64, limit: Option<i64>) -> Outcome {
    Outcome {
        rule,
        passed: limit.is_none_or(|limit| count < limit),
        observed: Observed::Number(count),
        required: limit.into(),
        // So many uses would have to be given back.
        change: limit
            .map(|limit| count - limit + 1)
            .filter(|more| *more > 0)
            .into(),
    }
}
