//! The price that a code works on.

use crate::Money;
use crate::facts::Facts;
use crate::outcome::{Outcome, RuleCode, RuleValue};

/// The price goes down, if only by a kopeck. In another currency there is no telling.
pub(super) fn benefit(facts: &Facts) -> Outcome {
    let passed = facts.quote().is_some() || facts.other_currency().is_some();
    Outcome {
        observed: RuleValue::Money(facts.tariff.price),
        ..Outcome::of(RuleCode::NoBenefit, passed)
    }
}

/// The tariff costs at least what the promotion asks for.
pub(super) fn above_minimum(facts: &Facts) -> Outcome {
    let (price, currency) = (facts.tariff.price, facts.promotion.currency);
    let money =
        |minor| Money::from_minor(minor, currency).map_or(RuleValue::None, RuleValue::Money);
    let minimum = facts.promotion.min_price_minor;
    let comparable = minimum.filter(|_| price.currency() == currency);
    let short = comparable.map_or(0, |minimum| minimum - price.minor());
    Outcome {
        observed: RuleValue::Money(price),
        required: minimum.map_or(RuleValue::None, money),
        change: match short > 0 {
            true => money(short),
            false => RuleValue::None,
        },
        ..Outcome::of(RuleCode::PriceBelowMinimum, short <= 0)
    }
}
