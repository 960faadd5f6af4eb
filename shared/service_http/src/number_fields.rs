//! Amounts, currencies and limits in the fields of bodies.

use domain::{Currency, Money};

use crate::FieldAdvice;

/// An amount that is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("use an amount above zero with the decimals of its currency, such as 199.00")]
pub struct AmountError;

/// A currency that there is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("use the code of a currency from ISO 4217, such as RUB")]
pub struct CurrencyError;

/// A limit of nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("use a number above zero, or leave it out for no limit")]
pub struct LimitError;

impl FieldAdvice for AmountError {
    fn russian(&self) -> &'static str {
        "укажите сумму больше нуля со всеми знаками после точки, например 199.00"
    }
}

impl FieldAdvice for CurrencyError {
    fn russian(&self) -> &'static str {
        "укажите код валюты по ISO 4217, например RUB"
    }
}

impl FieldAdvice for LimitError {
    fn russian(&self) -> &'static str {
        "укажите число больше нуля или не передавайте его — тогда ограничения нет"
    }
}

/// An amount above zero.
///
/// # Errors
/// [`AmountError`].
pub fn parse_amount(text: &str, currency: Currency) -> Result<Money, AmountError> {
    let money = Money::parse_decimal(text, currency).ok();
    money.filter(|money| money.minor() > 0).ok_or(AmountError)
}

/// An amount above zero in minor units, if there is one.
///
/// # Errors
/// [`AmountError`].
pub fn parse_optional_amount(
    text: Option<&str>,
    currency: Currency,
) -> Result<Option<i64>, AmountError> {
    text.map(|text| parse_amount(text, currency).map(Money::minor))
        .transpose()
}

/// An amount that was kept in minor units, as it is entered.
pub fn decimal(minor: i64, currency: Currency) -> String {
    let money = Money::from_minor(minor, currency).unwrap_or(Money::zero(currency));
    money.to_decimal()
}

/// The currency of a body that names none.
pub fn default_currency() -> String {
    Currency::RUB.to_string()
}

/// A currency by its code.
///
/// # Errors
/// [`CurrencyError`].
pub fn parse_currency(text: &str) -> Result<Currency, CurrencyError> {
    text.parse().map_err(|_| CurrencyError)
}

/// A limit above zero, if there is one.
///
/// # Errors
/// [`LimitError`].
pub fn check_limit<N: PartialOrd + From<bool>>(limit: Option<N>) -> Result<Option<N>, LimitError> {
    match limit {
        Some(number) if number < N::from(true) => Err(LimitError),
        limit => Ok(limit),
    }
}
