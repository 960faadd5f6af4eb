//! Money in minor units (kopecks), never a float.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An ISO 4217 currency with two decimal places, such as `RUB`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// The Russian rouble.
    pub const RUB: Currency = Currency(*b"RUB");

    /// The three-letter code.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }
}

/// A text that is not money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not three upper-case Latin letters.
    #[error("a currency is three upper-case letters, such as RUB")]
    Currency,
    /// Not `digits.dd`.
    #[error("an amount is written with two decimals, such as 199.00")]
    Amount,
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        match text.as_bytes() {
            &[a, b, c] if [a, b, c].iter().all(u8::is_ascii_uppercase) => Ok(Currency([a, b, c])),
            _ => Err(MoneyError::Currency),
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// An amount of money: minor units (1/100) of a currency, zero or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

impl Money {
    /// `minor` hundredths of `currency`; `None` below zero.
    pub fn from_minor(minor: i64, currency: Currency) -> Option<Money> {
        (minor >= 0).then_some(Money { minor, currency })
    }

    /// Nothing, in `currency`.
    pub fn zero(currency: Currency) -> Money {
        Money { minor: 0, currency }
    }

    /// The amount in hundredths.
    pub fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// True for an amount of zero.
    pub fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// Parses the decimal form that payment providers use, `199.00`.
    ///
    /// # Errors
    /// [`MoneyError::Amount`] when the text is not digits, a point and two digits, or is out of range.
    pub fn parse_decimal(text: &str, currency: Currency) -> Result<Money, MoneyError> {
        let (whole, cents) = text.split_once('.').ok_or(MoneyError::Amount)?;
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || cents.len() != 2 || !digits(cents) {
            return Err(MoneyError::Amount);
        }
        let minor = format!("{whole}{cents}")
            .parse()
            .map_err(|_| MoneyError::Amount)?;
        Money::from_minor(minor, currency).ok_or(MoneyError::Amount)
    }

    /// The decimal form, `199.00`.
    pub fn to_decimal(self) -> String {
        format!("{}.{:02}", self.minor / 100, self.minor % 100)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.to_decimal(), self.currency)
    }
}

/// The form in JSON: `{"amount":"199.00","currency":"RUB"}`.
#[derive(Serialize, Deserialize)]
struct MoneyJson {
    amount: String,
    currency: Currency,
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        MoneyJson {
            amount: self.to_decimal(),
            currency: self.currency,
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = MoneyJson::deserialize(deserializer)?;
        Money::parse_decimal(&json.amount, json.currency).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn decimal_form_round_trips(minor in 0..=i64::MAX) {
            let money = Money::from_minor(minor, Currency::RUB).unwrap();
            prop_assert_eq!(Money::parse_decimal(&money.to_decimal(), Currency::RUB), Ok(money));
        }
    }

    #[test]
    fn invalid_amount_is_refused() {
        for text in [
            "",
            "1",
            "1.0",
            "1.000",
            "-1.00",
            "1,00",
            ".50",
            "1.0x",
            "+1.00",
            "92233720368547758.08",
        ] {
            assert_eq!(
                Money::parse_decimal(text, Currency::RUB),
                Err(MoneyError::Amount),
                "{text}"
            );
        }
    }
}
