//! What needs an approval in this shop.

use std::str::FromStr;

use domain::{ApprovalShare, Currency, Promotion, PromotionStatus, RefundThresholds, Tariff};
use jiff::{SignedDuration, Timestamp};
use runtime::ConfigError;

const APPROVALS: &str = "APPROVALS";
const APPROVAL_SHARE_PERCENT: &str = "APPROVAL_SHARE_PERCENT";
const APPROVAL_REFUND_AMOUNTS: &str = "APPROVAL_REFUND_AMOUNTS";
const APPROVAL_DAYS: &str = "APPROVAL_DAYS";

/// What needs the approval of a second person, and how long it waits.
#[derive(Debug, Clone)]
pub struct ApprovalPolicy {
    is_on: bool,
    share: ApprovalShare,
    refunds: RefundThresholds,
    waits: SignedDuration,
}

/// `on` or `off`.
struct Switch(bool);

impl FromStr for Switch {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Switch, &'static str> {
        match text {
            "on" => Ok(Switch(true)),
            "off" => Ok(Switch(false)),
            _ => Err("use on, or off where one person alone does everything"),
        }
    }
}

/// 1 to 365.
struct Days(u16);

impl FromStr for Days {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Days, &'static str> {
        let days = text.parse().ok().filter(|days| (1..=365).contains(days));
        days.map(Days).ok_or("use 1 to 365 days")
    }
}

impl ApprovalPolicy {
    /// As `APPROVALS`, `APPROVAL_SHARE_PERCENT`, `APPROVAL_REFUND_AMOUNTS` and `APPROVAL_DAYS` say; by default discounts of
    /// everything and refunds of more than ten thousand roubles wait for seven days.
    ///
    /// # Errors
    /// When one of them is not valid.
    pub fn from_env() -> Result<ApprovalPolicy, ConfigError> {
        let Switch(is_on) = runtime::parsed_or(APPROVALS, Switch(true))?;
        let Days(days) = runtime::parsed_or(APPROVAL_DAYS, Days(7))?;
        Ok(ApprovalPolicy {
            is_on,
            share: runtime::parsed_or(APPROVAL_SHARE_PERCENT, ApprovalShare::default())?,
            refunds: runtime::parsed_or(APPROVAL_REFUND_AMOUNTS, RefundThresholds::default())?,
            waits: SignedDuration::from_hours(24 * i64::from(days)),
        })
    }

    /// Whether a promotion that is new or changed may need an approval: `tariffs` decide.
    pub fn may_concern(&self, promotion: &Promotion, before: Option<&Promotion>) -> bool {
        self.is_on
            && promotion.status == PromotionStatus::Active
            && !before.is_some_and(|before| promotion.gives_no_more_than(before))
    }

    /// Whether the discount of a promotion for these tariffs needs an approval, once buyers can have it.
    pub fn is_large(&self, promotion: &Promotion, tariffs: &[Tariff]) -> bool {
        self.is_on && self.share.is_reached(promotion, tariffs)
    }

    /// What the refunds of a purchase may be without an approval, in minor units, and when one that is asked for expires.
    pub fn refund_limit(&self, currency: Currency, now: Timestamp) -> Option<(i64, Timestamp)> {
        let limit = self.refunds.of(currency);
        self.is_on.then(|| (limit, self.expires_at(now)))
    }

    /// When an approval that is asked for expires.
    pub fn expires_at(&self, now: Timestamp) -> Timestamp {
        now + self.waits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_on_or_off_and_whole_days() {
        let is_on = |text: &str| text.parse().map(|Switch(is_on)| is_on);
        assert_eq!((is_on("on"), is_on("off")), (Ok(true), Ok(false)));
        assert!(is_on("false").is_err() && is_on("").is_err());
        let days = |text: &str| text.parse().map(|Days(days)| days);
        assert_eq!((days("1"), days("365")), (Ok(1), Ok(365)));
        for text in ["0", "366", "-1", "1.5", "week"] {
            assert!(days(text).is_err(), "{text}");
        }
    }

    #[test]
    fn nothing_needs_an_approval_where_they_are_off() {
        let policy = |is_on| ApprovalPolicy {
            is_on,
            share: ApprovalShare::default(),
            refunds: RefundThresholds::default(),
            waits: SignedDuration::from_hours(24),
        };
        let now = Timestamp::UNIX_EPOCH;
        let dollars = "USD".parse().unwrap();
        let limit = policy(true).refund_limit(Currency::RUB, now);
        assert_eq!(
            limit,
            Some((1_000_000, now + SignedDuration::from_hours(24)))
        );
        let limit = policy(true).refund_limit(dollars, now);
        assert_eq!(limit.map(|(limit, _)| limit), Some(0));
        assert_eq!(policy(false).refund_limit(dollars, now), None);
    }
}
