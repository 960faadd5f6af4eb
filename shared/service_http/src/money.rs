//! Money in an answer.

use domain::Money;
use serde::Serialize;
use utoipa::ToSchema;

/// An amount of money.
#[derive(Debug, Serialize, ToSchema)]
pub struct MoneyBody {
    /// Decimal, with all places of the currency.
    #[schema(example = "199.00")]
    amount: String,
    /// ISO 4217.
    #[schema(example = "RUB")]
    currency: String,
}

impl From<Money> for MoneyBody {
    fn from(money: Money) -> MoneyBody {
        MoneyBody {
            amount: money.to_decimal(),
            currency: money.currency().to_string(),
        }
    }
}
