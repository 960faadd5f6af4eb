//! The price that a code works on.

use crate::Money;
use crate::decision::{Observed, Outcome, Reason};
use crate::facts::Facts;

/// The price goes down, if only by a kopeck. In another currency there is no telling.
pub(super) fn benefit(facts: &Facts) -> Outcome {
    Outcome {
        rule: Reason::NoBenefit,
        passed: facts.quote().is_some() || facts.other_currency().is_some(),
        observed: Observed::Money(facts.tariff.price),
        required: Observed::None,
        change: Observed::None,
    }
}

/// The tariff costs at least what the code asks for.
pub(super) fn above_minimum(facts: &Facts) -> Outcome {
    let (price, currency) = (facts.tariff.price, facts.promo.currency);
    let money = |minor| Money::from_minor(minor, currency).map_or(Observed::None, Observed::Money);
    let minimum = facts.promo.min_price_minor;
    let comparable = minimum.filter(|_| price.currency() == currency);
    let short = comparable.map_or(0, |minimum| minimum - price.minor());
    Outcome {
        rule: Reason::PriceBelowMinimum,
        passed: short <= 0,
        observed: Observed::Money(price),
        required: minimum.map_or(Observed::None, money),
        change: if short > 0 {
            money(short)
        } else {
            Observed::None
        },
    }
}
