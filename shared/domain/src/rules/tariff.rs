//! Which tariffs a code works for.

use crate::Currency;
use crate::facts::Facts;
use crate::outcome::{Outcome, RuleCode, RuleValue};
use crate::tariff::TariffStatus;

/// The tariff is sold.
pub(super) fn on_sale(facts: &Facts) -> Outcome {
    let status = facts.tariff.status;
    Outcome {
        observed: status.as_str().into(),
        required: TariffStatus::Active.as_str().into(),
        ..Outcome::of(RuleCode::TariffNotOnSale, status == TariffStatus::Active)
    }
}

/// The tariff is one of the promotion's.
pub(super) fn in_scope(facts: &Facts) -> Outcome {
    let scope = facts.promotion.tariffs.as_deref();
    let passed = facts.promotion.includes(facts.tariff.id);
    Outcome {
        observed: RuleValue::Number(facts.tariff.id.0),
        required: scope.map_or(RuleValue::None, |tariffs| {
            RuleValue::Numbers(tariffs.iter().map(|tariff| tariff.0).collect())
        }),
        ..Outcome::of(RuleCode::TariffNotInScope, passed)
    }
}

/// The price is in the currency of the promotion's amounts and of its campaign's budget, if there are any. What is in
/// another can't be compared: the rules that look at amounts leave the refusal to this one.
pub(super) fn in_currency(facts: &Facts) -> Outcome {
    let other = facts.other_currency();
    let required = other.or_else(|| facts.currencies().next());
    let text = |currency: Currency| RuleValue::Text(currency.to_string().into());
    Outcome {
        observed: text(facts.tariff.price.currency()),
        required: required.map_or(RuleValue::None, text),
        ..Outcome::of(RuleCode::CurrencyMismatch, other.is_none())
    }
}
