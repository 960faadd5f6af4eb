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

/// Whether what is left to pay can be paid.
pub(super) fn payable(facts: &Facts) -> Outcome {
    let quote = facts.quote();
    let currency = facts.tariff.price.currency();
    let money =
        |minor| Money::from_minor(minor, currency).map_or(RuleValue::None, RuleValue::Money);
    // Known where it stands in the way.
    let least = facts.observed.least_payable_minor;
    let short = least
        .zip(quote)
        .map(|(least, quote)| least - quote.total.minor());
    Outcome {
        observed: quote.map_or(RuleValue::None, |quote| RuleValue::Money(quote.total)),
        required: least.map_or(RuleValue::None, money),
        change: short.map_or(RuleValue::None, money),
        ..Outcome::of(RuleCode::TotalNotPayable, short.is_none())
    }
}
