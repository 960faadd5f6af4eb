//! Money in minor units (kopecks), never a float.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A currency of ISO 4217 that has a minor unit, such as `RUB`; or whose unit is not divided, such as `JPY`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// The Russian rouble.
    pub const RUB: Currency = Currency(iso_currency::Currency::RUB);

    /// The three-letter code.
    pub fn as_str(&self) -> &'static str {
        self.0.code()
    }

    /// How many decimals an amount has: 2 for `RUB`, 0 for `JPY`.
    pub fn decimals(self) -> usize {
        usize::from(self.0.exponent().unwrap_or_default())
    }
}

/// A text that is not money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not the code of a currency.
    #[error("a currency is a code of ISO 4217, such as RUB")]
    Currency,
    /// Not digits with the currency's decimals.
    #[error("an amount is written with the decimals of its currency, such as 199.00")]
    Amount,
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        // Codes for gold, for tests and the like have no minor unit.
        iso_currency::Currency::from_code(text)
            .filter(|currency| currency.exponent().is_some())
            .map(Currency)
            .ok_or(MoneyError::Currency)
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

/// An amount of money: minor units of a currency (hundredths, for most), zero or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

impl Money {
    /// `minor` minor units of `currency`; `None` below zero.
    pub fn from_minor(minor: i64, currency: Currency) -> Option<Money> {
        (minor >= 0).then_some(Money { minor, currency })
    }

    /// Nothing, in `currency`.
    pub fn zero(currency: Currency) -> Money {
        Money { minor: 0, currency }
    }

    /// The amount in minor units.
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

    /// Parses the decimal form that payment providers use, `199.00`, with all decimals of the currency.
    ///
    /// # Errors
    /// [`MoneyError::Amount`] when the text is anything else, or is out of range.
    pub fn parse_decimal(text: &str, currency: Currency) -> Result<Money, MoneyError> {
        let decimals = currency.decimals();
        let (whole, cents) = match decimals {
            0 => (text, ""),
            _ => text.split_once('.').ok_or(MoneyError::Amount)?,
        };
        let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || cents.len() != decimals || !digits(cents) {
            return Err(MoneyError::Amount);
        }
        let minor = format!("{whole}{cents}")
            .parse()
            .map_err(|_| MoneyError::Amount)?;
        Money::from_minor(minor, currency).ok_or(MoneyError::Amount)
    }

    /// The decimal form, `199.00`.
    pub fn to_decimal(self) -> String {
        let decimals = self.currency.decimals();
        let digits = format!("{:0width$}", self.minor, width = decimals + 1);
        let (whole, cents) = digits.split_at(digits.len() - decimals);
        match decimals {
            0 => whole.to_owned(),
            _ => format!("{whole}.{cents}"),
        }
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
        fn decimal_form_round_trips(minor in 0..=i64::MAX, code in "RUB|JPY|KWD") {
            let currency = code.parse().unwrap();
            let money = Money::from_minor(minor, currency).unwrap();
            prop_assert_eq!(Money::parse_decimal(&money.to_decimal(), currency), Ok(money));
        }
    }

    #[test]
    fn amounts_have_the_decimals_of_their_currency() {
        for (code, minor, text) in [
            ("RUB", 5, "0.05"),
            ("RUB", 19_900, "199.00"),
            ("JPY", 999, "999"),
            ("JPY", 0, "0"),
            ("KWD", 1_234, "1.234"),
        ] {
            let currency = code.parse().unwrap();
            let money = Money::from_minor(minor, currency).unwrap();
            assert_eq!(money.to_decimal(), text);
            assert_eq!(Money::parse_decimal(text, currency), Ok(money));
        }
        let yen = "JPY".parse().unwrap();
        assert!(Money::parse_decimal("666.03", yen).is_err());
    }

    #[test]
    fn only_currencies_of_iso_4217_are_taken() {
        for code in ["ZZZ", "XXX", "XTS", "XAU", "rub", "RU", "RUBL", ""] {
            assert_eq!(
                code.parse::<Currency>(),
                Err(MoneyError::Currency),
                "{code}"
            );
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
