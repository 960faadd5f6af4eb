//! The rules of a promo code, one function each. Every rule is evaluated at every decision.

mod audience;
mod limits;
mod period;
mod price;
mod tariff;
mod user;

use crate::decision::Outcome;
use crate::facts::Facts;

/// A rule looks at the facts and says what it found.
pub(crate) type Rule = fn(&Facts) -> Outcome;

/// All rules, in the order of [`crate::Reason`].
pub(crate) const ALL: [Rule; 12] = [
    user::registered,
    user::active,
    audience::in_audience,
    period::promo_active,
    period::started,
    period::not_ended,
    tariff::on_sale,
    tariff::in_scope,
    limits::total,
    limits::per_user,
    limits::one_code_per_tariff,
    price::benefit,
];

#[cfg(test)]
mod tests;
