//! The weekdays and hours at which a promo code works, on the clock of a place.

use jiff::Timestamp;
use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;

/// Weekdays and hours in a time zone. A code with neither works around the clock.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// The zone that weekdays, hours and the periods of per-user limits are of.
    pub zone: TimeZone,
    /// The weekdays; `None` is all of them.
    pub weekdays: Option<Vec<Weekday>>,
    /// The hours, half-open: from the first to just before the second, over midnight if the first is the later.
    /// `None` is the whole day.
    pub hours: Option<(Time, Time)>,
}

impl Schedule {
    /// Around the clock, in `zone`.
    pub fn always(zone: TimeZone) -> Schedule {
        Schedule {
            zone,
            weekdays: None,
            hours: None,
        }
    }

    /// The weekdays and hours in words, such as `mon,fri 22:00–02:00`; `None` around the clock.
    pub fn describe(&self) -> Option<String> {
        let days = self.weekdays.as_ref().map(|days| {
            let names: Vec<&str> = days.iter().map(|day| short_name(*day)).collect();
            names.join(",")
        });
        let hours = self.hours.map(|(from, to)| {
            format!(
                "{:02}:{:02}–{:02}:{:02}",
                from.hour(),
                from.minute(),
                to.hour(),
                to.minute()
            )
        });
        match (days, hours) {
            (None, None) => None,
            (Some(one), None) | (None, Some(one)) => Some(one),
            (Some(days), Some(hours)) => Some(format!("{days} {hours}")),
        }
    }

    /// Whether a code works at `now`. After midnight, hours that began the day before belong to that day.
    pub fn includes(&self, now: Timestamp) -> bool {
        let local = now.to_zoned(self.zone.clone());
        let (day, in_hours) = match self.hours {
            None => (local.weekday(), true),
            Some((from, to)) => {
                let time = local.time();
                if from < to {
                    (local.weekday(), from <= time && time < to)
                } else if time < to {
                    (local.weekday().previous(), true)
                } else {
                    (local.weekday(), from <= time)
                }
            }
        };
        let on_day = |days: &Vec<Weekday>| days.contains(&day);
        in_hours && self.weekdays.as_ref().is_none_or(on_day)
    }
}

fn short_name(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "mon",
        Weekday::Tuesday => "tue",
        Weekday::Wednesday => "wed",
        Weekday::Thursday => "thu",
        Weekday::Friday => "fri",
        Weekday::Saturday => "sat",
        Weekday::Sunday => "sun",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::time;

    fn in_zone(zone: &str) -> Schedule {
        Schedule::always(TimeZone::get(zone).unwrap())
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn hours_follow_the_time_zone() {
        let schedule = Schedule {
            hours: Some((time(9, 0, 0, 0), time(18, 0, 0, 0))),
            ..in_zone("Europe/Moscow")
        };
        assert!(
            schedule.includes(at("2026-11-24T06:00:00Z")),
            "9:00 in Moscow"
        );
        assert!(!schedule.includes(at("2026-11-24T05:59:59Z")));
        assert!(
            !schedule.includes(at("2026-11-24T15:00:00Z")),
            "18:00 is over"
        );
    }

    #[test]
    fn hours_across_midnight_belong_to_their_first_day() {
        let friday_night = Schedule {
            weekdays: Some(vec![Weekday::Friday]),
            hours: Some((time(22, 0, 0, 0), time(2, 0, 0, 0))),
            ..in_zone("UTC")
        };
        assert!(friday_night.includes(at("2026-11-27T23:00:00Z")));
        assert!(
            friday_night.includes(at("2026-11-28T01:59:59Z")),
            "Saturday's first hours"
        );
        assert!(!friday_night.includes(at("2026-11-28T02:00:00Z")));
        assert!(
            !friday_night.includes(at("2026-11-27T01:00:00Z")),
            "Thursday's night"
        );
        assert!(!friday_night.includes(at("2026-11-28T22:00:00Z")));
    }

    #[test]
    fn hours_follow_clock_changes() {
        let morning = Schedule {
            hours: Some((time(9, 0, 0, 0), time(10, 0, 0, 0))),
            ..in_zone("Europe/Berlin")
        };
        // The clocks go back on 25 October 2026.
        assert!(morning.includes(at("2026-10-24T07:30:00Z")));
        assert!(!morning.includes(at("2026-10-26T07:30:00Z")));
        assert!(morning.includes(at("2026-10-26T08:30:00Z")));
    }
}
