//! What a second person has to approve: docs/adr/0031-approvals.md.

use std::collections::BTreeMap;
use std::str::FromStr;

use crate::least_payments::parse_amounts;
use crate::text_enum::text_enum;
use crate::{BasisPoints, Currency, Effect, MoneyError, Promotion, Tariff};

text_enum! {
    /// What is approved.
    ApprovalKind {
        /// A new promotion, or a change of one.
        Promotion = "promotion",
        /// A refund.
        Refund = "refund",
    }
}

text_enum! {
    /// What became of a change that needs an approval.
    ApprovalState {
        /// It waits.
        Pending = "pending",
        /// It is approved, and made.
        Approved = "approved",
        /// Somebody else does not want it.
        Rejected = "rejected",
        /// Who asked for it does not want it any more.
        Withdrawn = "withdrawn",
        /// Nobody decided in time.
        Expired = "expired",
    }
}

/// The share of a price from which on a discount needs an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApprovalShare(BasisPoints);

/// A text that is no such share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("use a whole number of percent, 1 to 100")]
pub struct BadShare;

impl Default for ApprovalShare {
    /// All of the price.
    fn default() -> ApprovalShare {
        ApprovalShare(BasisPoints::ALL)
    }
}

impl FromStr for ApprovalShare {
    type Err = BadShare;

    /// Parses percent, such as `100`.
    fn from_str(text: &str) -> Result<ApprovalShare, BadShare> {
        let percent: i32 = text.parse().map_err(|_| BadShare)?;
        let points = percent.checked_mul(100).and_then(BasisPoints::new);
        points.map(ApprovalShare).ok_or(BadShare)
    }
}

impl ApprovalShare {
    /// Whether the discount of a promotion can be this share of a price or more. `tariffs` are those that it may be used for;
    /// others among them do no harm.
    pub fn is_reached(self, promotion: &Promotion, tariffs: &[Tariff]) -> bool {
        let nominal = match promotion.effect {
            Effect::Free { .. } => BasisPoints::ALL.points(),
            Effect::PercentOff { share, .. } => share.points(),
            Effect::FixedPrice { .. } | Effect::AmountOff { .. } => 0,
        };
        // Rounding can take more off a price than the percentage says.
        nominal >= self.0.points() || tariffs.iter().any(|one| self.is_reached_on(promotion, one))
    }

    fn is_reached_on(self, promotion: &Promotion, tariff: &Tariff) -> bool {
        let price = tariff.price.minor();
        let off = |total: i64| i128::from(price - total) * 10_000;
        promotion.total_of(tariff).is_some_and(|total| {
            off(total.minor()) >= i128::from(price) * i128::from(self.0.points())
        })
    }
}

/// The amounts, by currency, up to which the refunds of a purchase need no approval. In other currencies all need one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundThresholds(BTreeMap<&'static str, i64>);

impl Default for RefundThresholds {
    /// Ten thousand roubles.
    fn default() -> RefundThresholds {
        RefundThresholds(BTreeMap::from([(Currency::RUB.as_str(), 1_000_000)]))
    }
}

impl FromStr for RefundThresholds {
    type Err = MoneyError;

    /// Parses `RUB 10000.00, KZT 50000.00`.
    fn from_str(text: &str) -> Result<RefundThresholds, MoneyError> {
        parse_amounts(text).map(RefundThresholds)
    }
}

impl RefundThresholds {
    /// The most that needs no approval, in minor units.
    pub fn of(&self, currency: Currency) -> i64 {
        self.0.get(currency.as_str()).copied().unwrap_or_default()
    }
}

#[cfg(test)]
pub(crate) mod tests;
