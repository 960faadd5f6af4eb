//! A code must lower the price.

use crate::decision::{Observed, Outcome, Reason};
use crate::facts::Facts;

/// The price goes down, if only by a kopeck.
pub(super) fn benefit(facts: &Facts) -> Outcome {
    Outcome {
        rule: Reason::NoBenefit,
        passed: facts.promo.effect.quote(facts.tariff.price).is_some(),
        observed: Observed::Money(facts.tariff.price),
        required: Observed::None,
    }
}
