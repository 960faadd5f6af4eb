//! Times as staff enter them: on the clock of a place.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

/// Which end of a period a time is. It decides about a time that the clocks show twice, when they are put back: a period
/// begins at the first and ends at the second, so it is never shorter than what was meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// The first instant of the period.
    Start,
    /// The first instant after it.
    End,
}

/// A text that is no time of that place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LocalTimeError {
    /// Not a date and a time.
    #[error("use a date and a time, such as 2026-03-01T00:00")]
    Malformed,
    /// With the name of a time zone.
    #[error("leave out the time zone in brackets: the field `time_zone` has it")]
    Zone,
    /// The clocks of the place are put forward over it.
    #[error("this time is skipped when the clocks go forward: use an earlier or a later one")]
    Skipped,
    /// Before the year 2000 or after 2999.
    #[error("use a time in the years 2000 to 2999")]
    OutOfRange,
}

/// The instant that `text` names on the clocks of `zone`: `2026-03-01T00:00`. A text with an offset of its own,
/// `2026-03-01T00:00+03:00` or `…Z` (RFC 3339), is that instant in every zone.
///
/// # Errors
/// [`LocalTimeError`] says what to write instead.
pub fn parse_local_time(
    text: &str,
    zone: &TimeZone,
    edge: Edge,
) -> Result<Timestamp, LocalTimeError> {
    // The parser would ignore a zone in brackets.
    if text.contains('[') {
        return Err(LocalTimeError::Zone);
    }
    let instant = match text.parse::<Timestamp>() {
        Ok(instant) => instant,
        Err(_) => on_clock(text, zone, edge)?,
    };
    // The database keeps microseconds, and would round up.
    let micros = instant.as_nanosecond().div_euclid(1_000);
    let instant = i64::try_from(micros).ok().map(Timestamp::from_microsecond);
    let Some(Ok(instant)) = instant else {
        return Err(LocalTimeError::OutOfRange);
    };
    let year = instant.to_zoned(TimeZone::UTC).year();
    match (2000..3000).contains(&year) {
        true => Ok(instant),
        false => Err(LocalTimeError::OutOfRange),
    }
}

fn on_clock(text: &str, zone: &TimeZone, edge: Edge) -> Result<Timestamp, LocalTimeError> {
    // A date alone would do for the parser, but not as an end: is the day in it or not?
    if !text.contains([':']) {
        return Err(LocalTimeError::Malformed);
    }
    let local: DateTime = text.parse().map_err(|_| LocalTimeError::Malformed)?;
    let instant = zone.to_ambiguous_timestamp(local);
    if matches!(instant.offset(), AmbiguousOffset::Gap { .. }) {
        return Err(LocalTimeError::Skipped);
    }
    match edge {
        Edge::Start => instant.earlier(),
        Edge::End => instant.later(),
    }
    .map_err(|_| LocalTimeError::OutOfRange)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::Date;
    use jiff::{SignedDuration, ToSpan};
    use proptest::prelude::*;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    fn parsed(text: &str, name: &str, edge: Edge) -> Result<String, LocalTimeError> {
        parse_local_time(text, &zone(name), edge).map(|instant| instant.to_string())
    }

    #[test]
    fn local_time_is_read_on_the_clocks_of_the_zone() {
        for (text, name, expected) in [
            ("2026-03-01T00:00", "Europe/Moscow", "2026-02-28T21:00:00Z"),
            ("2026-07-01T00:00", "Europe/Moscow", "2026-06-30T21:00:00Z"),
            (
                "2026-03-01 00:00:30",
                "Europe/Moscow",
                "2026-02-28T21:00:30Z",
            ),
            ("2026-03-28T02:30", "Europe/Berlin", "2026-03-28T01:30:00Z"),
            ("2026-03-30T02:30", "Europe/Berlin", "2026-03-30T00:30:00Z"),
            (
                "2026-03-01T00:00+05:00",
                "Europe/Moscow",
                "2026-02-28T19:00:00Z",
            ),
            (
                "2026-03-01T00:00:00Z",
                "Europe/Moscow",
                "2026-03-01T00:00:00Z",
            ),
        ] {
            assert_eq!(
                parsed(text, name, Edge::Start).as_deref(),
                Ok(expected),
                "{text} {name}"
            );
            assert_eq!(
                parsed(text, name, Edge::End).as_deref(),
                Ok(expected),
                "{text} {name}"
            );
        }
    }

    #[test]
    fn ambiguous_time_makes_the_period_longer() {
        for (text, name, first, second) in [
            (
                "2026-10-25T02:30",
                "Europe/Berlin",
                "2026-10-25T00:30:00Z",
                "2026-10-25T01:30:00Z",
            ),
            // Moscow went from summer time to its own for good in 2014.
            (
                "2014-10-26T01:30",
                "Europe/Moscow",
                "2014-10-25T21:30:00Z",
                "2014-10-25T22:30:00Z",
            ),
        ] {
            assert_eq!(parsed(text, name, Edge::Start).as_deref(), Ok(first));
            assert_eq!(parsed(text, name, Edge::End).as_deref(), Ok(second));
        }
    }

    #[test]
    fn text_that_is_no_time_is_rejected() {
        for (text, error) in [
            ("2026-03-29T02:30", LocalTimeError::Skipped),
            ("2026-03-29T02:00", LocalTimeError::Skipped),
            ("2026-03-01", LocalTimeError::Malformed),
            ("2026-02-30T00:00", LocalTimeError::Malformed),
            ("2026-03-01T24:00", LocalTimeError::Malformed),
            ("tomorrow", LocalTimeError::Malformed),
            ("", LocalTimeError::Malformed),
            ("1999-12-31T12:00", LocalTimeError::OutOfRange),
            ("3000-01-02T00:00", LocalTimeError::OutOfRange),
            ("-009999-01-02T00:00", LocalTimeError::OutOfRange),
            ("9999-12-31T23:59", LocalTimeError::OutOfRange),
        ] {
            assert_eq!(
                parsed(text, "Europe/Berlin", Edge::Start),
                Err(error),
                "{text}"
            );
        }
        assert!(parsed("2026-03-29T01:59", "Europe/Berlin", Edge::Start).is_ok());
        assert!(parsed("2026-03-29T03:00", "Europe/Berlin", Edge::Start).is_ok());
    }

    proptest! {
        /// From midnight to midnight is the day of the place: 23 to 25 hours of it.
        #[test]
        fn day_lasts_from_midnight_to_midnight(
            name in prop::sample::select(vec!["Europe/Moscow", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata"]),
            day in 0..20_000i32,
            minute in 0..1_500i64,
        ) {
            let zone = zone(name);
            let date = Date::constant(2000, 1, 1) + day.days();
            let at = |date: Date, edge| parse_local_time(&format!("{date}T00:00"), &zone, edge);
            let (from, to) = (at(date, Edge::Start).unwrap(), at(date + 1.day(), Edge::End).unwrap());
            let hours = to.duration_since(from).as_hours();
            prop_assert!((23..=25).contains(&hours), "{hours} hours");
            let instant = from + SignedDuration::from_mins(minute);
            let inside = from <= instant && instant < to;
            prop_assert_eq!(inside, instant.to_zoned(zone).date() == date);
        }
    }
}
