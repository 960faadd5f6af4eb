//! The least amounts that the payment provider takes.

use std::collections::BTreeMap;
use std::str::FromStr;

use crate::{Currency, Facts, Money, MoneyError};

/// The least amount that can be paid, by currency; in others any amount can.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeastPayments(BTreeMap<&'static str, i64>);

impl Default for LeastPayments {
    /// One rouble: banks refuse card payments of some kopecks.
    fn default() -> LeastPayments {
        LeastPayments(BTreeMap::from([(Currency::RUB.as_str(), 100)]))
    }
}

impl FromStr for LeastPayments {
    type Err = MoneyError;

    /// Parses `RUB 1.00, KZT 10.00`; an empty text is no least amount at all.
    fn from_str(text: &str) -> Result<LeastPayments, MoneyError> {
        parse_amounts(text).map(LeastPayments)
    }
}

/// Minor units by currency, from a text such as `RUB 1.00, KZT 10.00`.
pub(crate) fn parse_amounts(text: &str) -> Result<BTreeMap<&'static str, i64>, MoneyError> {
    let amounts = text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty());
    let amount = |part: &str| {
        let (currency, amount) = part.split_once(' ').ok_or(MoneyError::Amount)?;
        let currency: Currency = currency.parse()?;
        let money = Money::parse_decimal(amount.trim(), currency)?;
        Ok((currency.as_str(), money.minor()))
    };
    amounts.map(amount).collect()
}

impl LeastPayments {
    /// The least amount that can be paid, where `total` is less, but not nothing.
    pub fn above(&self, total: Money) -> Option<Money> {
        let currency = total.currency();
        let least = self.0.get(currency.as_str()).copied().unwrap_or_default();
        Money::from_minor(least, currency).filter(|_| !total.is_zero() && total.minor() < least)
    }

    /// Puts it into the facts where it stands in the way of the code.
    pub fn observe(&self, facts: &mut Facts) {
        let least = facts.quote().and_then(|quote| self.above(quote.total));
        facts.observed.least_payable_minor = least.map(Money::minor);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_parsed_with_the_decimals_of_their_currency() {
        let least: LeastPayments = "RUB 1.00, JPY 50".parse().unwrap();
        let money =
            |minor, currency: &str| Money::from_minor(minor, currency.parse().unwrap()).unwrap();
        assert_eq!(least.above(money(99, "RUB")), Some(money(100, "RUB")));
        assert_eq!(least.above(money(49, "JPY")), Some(money(50, "JPY")));
        for payable in [money(0, "RUB"), money(100, "RUB"), money(1, "USD")] {
            assert_eq!(least.above(payable), None, "{payable:?}");
        }
        assert_eq!(
            "".parse::<LeastPayments>().unwrap().above(money(1, "RUB")),
            None
        );
        assert_eq!("RUB 1".parse::<LeastPayments>(), Err(MoneyError::Amount));
        assert_eq!("1.00".parse::<LeastPayments>(), Err(MoneyError::Amount));
        assert_eq!(
            "RUR 1.00".parse::<LeastPayments>(),
            Err(MoneyError::Currency)
        );
    }
}
