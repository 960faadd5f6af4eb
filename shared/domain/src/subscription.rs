//! Periods for which users have a tariff.

use jiff::Timestamp;

use crate::text_enum::text_enum;

text_enum! {
    /// Where the present is, seen from a period.
    PeriodStatus {
        /// In the period.
        Current = "current",
        /// Before it.
        Future = "future",
        /// After it; also where it was ended before it began.
        Past = "past",
    }
}

text_enum! {
    /// How a user came by a period.
    PeriodOrigin {
        /// Bought at the full price.
        Bought = "bought",
        /// Bought, or had for nothing, with a promo code.
        PromoCode = "promo_code",
        /// Given by staff.
        Given = "given",
    }
}

impl PeriodStatus {
    /// That of the half-open period from `starts_at` to `ends_at`.
    pub fn of(starts_at: Timestamp, ends_at: Timestamp, now: Timestamp) -> PeriodStatus {
        if ends_at <= now || ends_at <= starts_at {
            PeriodStatus::Past
        } else if starts_at > now {
            PeriodStatus::Future
        } else {
            PeriodStatus::Current
        }
    }
}

/// How long staff give a tariff for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GiftLength {
    /// So many days.
    Days(i32),
    /// So many calendar months.
    Months(i32),
}

impl GiftLength {
    /// The most days that it can have: a month counts as 31.
    pub fn max_days(self) -> i32 {
        match self {
            GiftLength::Days(days) => days,
            GiftLength::Months(months) => months.saturating_mul(31),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn period_is_half_open_and_an_empty_one_is_past() {
        let at = |second| Timestamp::constant(second, 0);
        let status = |starts, ends| PeriodStatus::of(at(starts), at(ends), at(10));
        assert_eq!(status(10, 11), PeriodStatus::Current);
        assert_eq!(status(9, 10), PeriodStatus::Past);
        assert_eq!(status(11, 12), PeriodStatus::Future);
        assert_eq!(status(11, 11), PeriodStatus::Past);
    }
}
