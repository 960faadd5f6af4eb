//! The API's own JSON, and its translation.

mod payment;
mod receipt;
mod refund;

use domain::{Currency, Money};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub(crate) use payment::{CaptureRequest, CreateRequest, PaymentAnswer};
pub(crate) use refund::{RefundAnswer, RefundRequest};

use crate::PaymentError;

/// The provider's limit on what a payment or an item of a receipt is for, in characters.
const DESCRIPTION_LIMIT: usize = 128;

#[derive(Clone, Serialize, Deserialize)]
struct Amount {
    value: String,
    currency: String,
}

impl From<Money> for Amount {
    fn from(money: Money) -> Amount {
        Amount {
            value: money.to_decimal(),
            currency: money.currency().to_string(),
        }
    }
}

impl Amount {
    fn into_money(self) -> Result<Money, PaymentError> {
        let currency: Currency = self
            .currency
            .parse()
            .map_err(|_| malformed("amount.currency"))?;
        Money::parse_decimal(&self.value, currency).map_err(|_| malformed("amount.value"))
    }
}

/// Objects made by hand in the dashboard have metadata of other shapes: ours is read leniently.
#[derive(Deserialize)]
struct Metadata {
    purchase_id: Option<String>,
}

#[derive(Serialize)]
struct MetadataRequest {
    purchase_id: Uuid,
}

fn purchase_id(metadata: Option<Metadata>) -> Option<Uuid> {
    metadata?.purchase_id?.parse().ok()
}

#[derive(Deserialize)]
struct CancellationDetails {
    reason: Option<String>,
}

/// What is cancelled is no less so for want of a reason.
fn reason(details: Option<CancellationDetails>) -> String {
    details
        .and_then(|details| details.reason)
        .unwrap_or_else(|| "unspecified".to_owned())
}

fn cut(text: &str, limit: usize) -> String {
    text.chars().take(limit).collect()
}

fn malformed(what: &str) -> PaymentError {
    PaymentError::Malformed(what.to_owned())
}

#[derive(Deserialize)]
pub(crate) struct ErrorAnswer {
    pub(crate) r#type: String,
    pub(crate) code: String,
    #[serde(default)]
    pub(crate) description: String,
    pub(crate) parameter: Option<String>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn amounts_round_trip(minor in 0..=i64::MAX) {
            let money = Money::from_minor(minor, Currency::RUB).unwrap();
            let json = serde_json::to_value(Amount::from(money)).unwrap();
            // An independent reading of the decimal: roubles, a point, two digits.
            let text = json["value"].as_str().unwrap();
            let (roubles, kopecks) = text.split_once('.').unwrap();
            prop_assert_eq!(kopecks.len(), 2);
            let read = roubles.parse::<i128>().unwrap() * 100 + kopecks.parse::<i128>().unwrap();
            prop_assert_eq!(read, i128::from(minor));
            let amount: Amount = serde_json::from_value(json).unwrap();
            prop_assert_eq!(amount.into_money().unwrap(), money);
        }

        #[test]
        fn invalid_amount_is_malformed(value in "[-+0-9., eE٣]{0,24}") {
            let amount = Amount { value: value.clone(), currency: "RUB".to_owned() };
            match amount.into_money() {
                Ok(money) => {
                    let (whole, kopecks) = value.split_once('.').unwrap();
                    prop_assert!(whole.bytes().chain(kopecks.bytes()).all(|b| b.is_ascii_digit()));
                    let canonical = money.to_decimal();
                    prop_assert_eq!(canonical.trim_start_matches('0'), value.trim_start_matches('0'));
                }
                Err(error) => prop_assert!(matches!(error, PaymentError::Malformed(_))),
            }
        }
    }
}
