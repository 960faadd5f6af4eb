//! For how long a user's uses of a promo code count against the user's limit.

use jiff::Timestamp;
use jiff::tz::TimeZone;

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
    /// The name of the period that `now` is in: uses with the same name count together.
    pub fn key(self, now: Timestamp, zone: &TimeZone) -> String {
        let date = now.to_zoned(zone.clone()).date();
        match self {
            UserPeriod::Lifetime => String::new(),
            UserPeriod::Day => date.to_string(),
            UserPeriod::Week => {
                let week = date.iso_week_date();
                format!("{:04}-W{:02}", week.year(), week.week())
            }
            UserPeriod::Month => format!("{:04}-{:02}", date.year(), date.month()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_ends_at_midnight_of_the_place() {
        let moscow = TimeZone::get("Europe/Moscow").unwrap();
        let key = |period: UserPeriod, at: &str| period.key(at.parse().unwrap(), &moscow);
        assert_eq!(key(UserPeriod::Day, "2026-11-23T20:59:59Z"), "2026-11-23");
        assert_eq!(key(UserPeriod::Day, "2026-11-23T21:00:00Z"), "2026-11-24");
        assert_eq!(key(UserPeriod::Week, "2026-11-22T20:59:59Z"), "2026-W47");
        assert_eq!(key(UserPeriod::Week, "2026-11-22T21:00:00Z"), "2026-W48");
        assert_eq!(key(UserPeriod::Month, "2026-11-30T21:00:00Z"), "2026-12");
        assert_eq!(
            key(UserPeriod::Week, "2027-01-01T12:00:00Z"),
            "2026-W53",
            "the week's year"
        );
        assert_eq!(key(UserPeriod::Lifetime, "2027-01-01T12:00:00Z"), "");
    }
}
