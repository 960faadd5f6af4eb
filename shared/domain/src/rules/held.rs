//! A use that the user holds for another tariff.

use super::{Rule, audience, budgets, limits};
use crate::facts::Facts;
use crate::outcome::{Outcome, RuleCode, RuleValue};

/// The rules that a use held for another tariff counts against. They are evaluated without it, and leave its refusal to
/// [`for_another_tariff`]: the user can move it.
const COUNTING: [Rule; 8] = [
    audience::first_purchase,
    limits::promotion,
    limits::code,
    budgets::promotion,
    limits::campaign,
    budgets::campaign,
    limits::per_user,
    limits::one_trial,
];

/// The limits leave a use for this tariff beside the one that the user holds for another.
pub(super) fn for_another_tariff(facts: &Facts) -> Outcome {
    let held = facts.observed.held.as_ref();
    // With nothing held for another tariff, what is counted is all that counts.
    let counted = || {
        let mut facts = facts.clone();
        facts.observed.held = None;
        facts
    };
    let passed = held.is_none() || {
        let counted = counted();
        COUNTING
            .iter()
            .all(|rule| rule(&counted).passed || !rule(facts).passed)
    };
    Outcome {
        observed: held.map_or(RuleValue::None, |held| RuleValue::Held {
            tariff: held.tariff.0,
            until: held.until,
        }),
        ..Outcome::of(RuleCode::HeldForAnotherTariff, passed)
    }
}
