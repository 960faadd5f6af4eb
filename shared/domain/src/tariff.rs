//! Tariffs.

use serde::{Deserialize, Serialize};

use crate::Money;
use crate::text_enum::text_enum;

/// The ID of a tariff, above zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TariffId(pub i64);

text_enum! {
    /// Whether a tariff is sold.
    TariffStatus {
        /// On sale.
        Active = "active",
        /// No longer sold.
        Archived = "archived",
    }
}

/// A paid version of the product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tariff {
    /// Its ID.
    pub id: TariffId,
    /// Its name, as people see it.
    pub title: String,
    /// Its price without a code.
    pub price: Money,
    /// How many months one purchase lasts.
    pub period_months: i32,
    /// Whether it is sold.
    pub status: TariffStatus,
    /// Increases with every change by staff.
    pub version: i32,
}
