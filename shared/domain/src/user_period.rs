//! For how long a user's uses of a promo code count against the user's limit.

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use crate::text_enum::text_enum;

text_enum! {
    /// The period of a per-user limit, on the calendar of the promo's time zone.
    UserPeriod {
        /// For ever.
        Lifetime = "lifetime",
        /// From midnight to midnight.
        Day = "day",
        /// From Monday to Sunday (ISO 8601).
        Week = "week",
        /// A calendar month.
        Month = "month",
    }
}

impl UserPeriod {
    /// The first instant of the period that `now` is in. For a lifetime the Unix epoch: before there were uses.
    pub fn start(self, now: Timestamp, zone: &TimeZone) -> Timestamp {
        let date = now.to_zoned(zone.clone()).date();
        let first = match self {
            UserPeriod::Lifetime => return Timestamp::UNIX_EPOCH,
            UserPeriod::Day => date,
            UserPeriod::Week => {
                let past = date.weekday().to_monday_zero_offset();
                date.saturating_sub(Span::new().days(past))
            }
            UserPeriod::Month => date.first_of_month(),
        };
        // Where midnight is skipped by a change of the clocks, the day begins after it.
        first
            .to_zoned(zone.clone())
            .map_or(Timestamp::UNIX_EPOCH, |midnight| midnight.timestamp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn period_begins_at_midnight_of_its_zone() {
        let moscow = TimeZone::get("Europe/Moscow").unwrap();
        let start =
            |period: UserPeriod, at: &str| period.start(at.parse().unwrap(), &moscow).to_string();
        let day = UserPeriod::Day;
        assert_eq!(start(day, "2026-11-23T20:59:59Z"), "2026-11-22T21:00:00Z");
        assert_eq!(start(day, "2026-11-23T21:00:00Z"), "2026-11-23T21:00:00Z");
        let week = UserPeriod::Week;
        assert_eq!(start(week, "2026-11-22T20:59:59Z"), "2026-11-15T21:00:00Z");
        assert_eq!(start(week, "2026-11-22T21:00:00Z"), "2026-11-22T21:00:00Z");
        assert_eq!(start(week, "2027-01-01T12:00:00Z"), "2026-12-27T21:00:00Z");
        let month = UserPeriod::Month;
        assert_eq!(start(month, "2026-11-30T21:00:00Z"), "2026-11-30T21:00:00Z");
        assert_eq!(start(month, "2026-11-30T20:59:59Z"), "2026-10-31T21:00:00Z");
        let lifetime = UserPeriod::Lifetime;
        assert_eq!(
            start(lifetime, "2027-01-01T12:00:00Z"),
            "1970-01-01T00:00:00Z"
        );
    }

    #[test]
    fn day_without_a_midnight_begins_after_the_gap() {
        // The clocks go forward at midnight of 24 April 2026.
        let cairo = TimeZone::get("Africa/Cairo").unwrap();
        let at = "2026-04-24T09:00:00Z".parse().unwrap();
        assert_eq!(
            UserPeriod::Day.start(at, &cairo).to_string(),
            "2026-04-23T22:00:00Z"
        );
    }
}
