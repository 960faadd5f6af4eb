//! Which tariffs a code works for.

use crate::Currency;
use crate::decision::{Observed, Outcome, Reason};
use crate::facts::{Facts, TariffStatus};

/// The tariff is sold.
pub(super) fn on_sale(facts: &Facts) -> Outcome {
    Outcome {
        rule: Reason::TariffNotOnSale,
        passed: facts.tariff.status == TariffStatus::Active,
        observed: Observed::Text(facts.tariff.status.to_string()),
        required: Observed::Text(TariffStatus::Active.to_string()),
        change: Observed::None,
    }
}

/// The tariff is one of the code's.
pub(super) fn in_scope(facts: &Facts) -> Outcome {
    let scope = facts.promo.tariffs.as_deref();
    Outcome {
        rule: Reason::TariffNotInScope,
        passed: scope.is_none_or(|tariffs| tariffs.contains(&facts.tariff.id)),
        observed: Observed::Number(facts.tariff.id.0),
        required: scope.map_or(Observed::None, |tariffs| {
            Observed::Numbers(tariffs.iter().map(|tariff| tariff.0).collect())
        }),
        change: Observed::None,
    }
}

/// The price is in the currency of the code's amounts and of its campaign's budget, if there are any. What is in another
/// can't be compared: the rules that look at amounts leave the refusal to this one.
pub(super) fn in_currency(facts: &Facts) -> Outcome {
    let other = facts.other_currency();
    let required = other.or_else(|| facts.currencies().next());
    let text = |currency: Currency| Observed::Text(currency.to_string());
    Outcome {
        rule: Reason::CurrencyMismatch,
        passed: other.is_none(),
        observed: text(facts.tariff.price.currency()),
        required: required.map_or(Observed::None, text),
        change: Observed::None,
    }
}
