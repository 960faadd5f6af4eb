//! Weekdays and hours.

use domain::Schedule;
use jiff::civil::Time;
use serde_json::{Map, Value, json};

use super::{Meaning, Tense, Words, say};
use crate::action::Action;

pub(super) fn outside_schedule(words: &Words) -> Option<Meaning> {
    let schedule = &words.facts.promotion.schedule;
    if schedule.includes(words.facts.now) {
        return None;
    }
    let required = in_words(words, schedule)?;
    let zone = words.zone_name();
    let at = words.facts.now.to_zoned(schedule.zone.clone());
    let (day, clock) = (words.weekday(at.weekday()), at.strftime("%H:%M"));
    let date = words.minute(words.facts.now);
    let detail = match words.tense {
        Tense::Present => say!(
            words,
            "The promo code works {required} ({zone}), and now it is {day}, {clock}.",
            "Промокод действует {required} ({zone}), а сейчас {day}, {clock}.",
        ),
        Tense::Past => say!(
            words,
            "The promo code works {required} ({zone}), and this was another time: {day}, {date}.",
            "Промокод действует {required} ({zone}), а попытка была в другое время: {day}, {date}.",
        ),
        Tense::Future => say!(
            words,
            "The promo code works {required} ({zone}), and this is another time: {day}, {date}.",
            "Промокод действует {required} ({zone}), а это другое время: {day}, {date}.",
        ),
    };
    if schedule.includes(words.usable_from()) {
        let again = say!(
            words,
            "You can try it again now.",
            "Сейчас его можно применить снова."
        );
        return Some(Meaning::final_word(format!("{detail} {again}")));
    }
    let Some(wider) = widened(schedule, words.usable_from()) else {
        return Some(Meaning::final_word(detail));
    };
    let mut body = Map::new();
    if wider.weekdays != schedule.weekdays {
        body.insert("weekdays".to_owned(), weekdays_in_body(&wider));
    }
    if wider.hours != schedule.hours {
        body.insert("hours".to_owned(), hours_in_body(&wider));
    }
    let around_the_clock = || say!(words, "around the clock", "круглосуточно");
    let wider = in_words(words, &wider).unwrap_or_else(around_the_clock);
    Some(Meaning::with_action(
        detail,
        say!(
            words,
            "Extend the schedule: {wider}.",
            "Расширьте расписание: {wider}."
        ),
        Action::promotion(
            say!(
                words,
                "Extend the schedule: {wider}",
                "Расширить расписание: {wider}"
            ),
            &words.facts.promotion,
            Value::Object(body),
        ),
    ))
}

/// `по субботам с 09:00 до 18:00`; `None` around the clock.
fn in_words(words: &Words, schedule: &Schedule) -> Option<String> {
    let days = schedule.weekdays.as_deref();
    let days = days.map(|days| words.on_weekdays(days));
    let hours = schedule.hours.map(|(from, to)| {
        let (from, to) = (clock(from), clock(to));
        say!(words, "from {from} to {to}", "с {from} до {to}")
    });
    let parts: Vec<String> = days.into_iter().chain(hours).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

fn clock(time: Time) -> String {
    time.strftime("%H:%M").to_string()
}

fn weekdays_in_body(schedule: &Schedule) -> Value {
    let days = Schedule {
        hours: None,
        ..schedule.clone()
    };
    let names = days.describe();
    names.map_or(Value::Null, |names| names.split(',').collect())
}

fn hours_in_body(schedule: &Schedule) -> Value {
    schedule.hours.map_or(
        Value::Null,
        |(from, to)| json!({ "from": clock(from), "to": clock(to) }),
    )
}

/// The schedule with the least change that includes `at`: the hours reach it at their nearer end, in full hours, and the
/// day is added.
fn widened(schedule: &Schedule, at: jiff::Timestamp) -> Option<Schedule> {
    let mut wider = schedule.clone();
    let local = at.to_zoned(schedule.zone.clone());
    let time = local.time();
    if let Some((from, to)) = schedule.hours {
        let inside = match from < to {
            true => from <= time && time < to,
            false => from <= time || time < to,
        };
        if !inside {
            wider.hours = reaching(from, to, time);
        }
    }
    if !wider.includes(at) {
        // Hours after midnight belong to the day before.
        let began_before = |(from, to): (Time, Time)| from > to && time < to;
        let day = match wider.hours.is_some_and(began_before) {
            true => local.weekday().previous(),
            false => local.weekday(),
        };
        let days = wider.weekdays.get_or_insert_default();
        days.push(day);
        days.sort_by_key(|day| day.to_monday_zero_offset());
        days.dedup();
    }
    wider.includes(at).then_some(wider)
}

/// The hours from `from` to `to`, moved at the nearer end to reach `time`, which is outside; `None` is the whole day.
fn reaching(from: Time, to: Time, time: Time) -> Option<(Time, Time)> {
    let minutes = |time: Time| i32::from(time.hour()) * 60 + i32::from(time.minute());
    let before = (minutes(from) - minutes(time)).rem_euclid(24 * 60);
    let after = (minutes(time) - minutes(to)).rem_euclid(24 * 60);
    let full = |hour: i8| Time::new(hour % 24, 0, 0, 0).ok();
    // The gap is what lies outside: an end that reaches the other closes it.
    let gap = (minutes(from) - minutes(to)).rem_euclid(24 * 60);
    if before < after {
        let earlier = full(time.hour())?;
        let moved = (minutes(from) - minutes(earlier)).rem_euclid(24 * 60);
        (moved < gap).then_some((earlier, to))
    } else {
        let later = full(time.hour() + 1)?;
        let moved = (minutes(later) - minutes(to)).rem_euclid(24 * 60);
        (moved < gap).then_some((from, later))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use jiff::civil::Weekday;
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    fn weekdays() -> impl Strategy<Value = Option<Vec<Weekday>>> {
        let day = (0..7i8).prop_map(|day| Weekday::from_monday_zero_offset(day).unwrap());
        proptest::option::of(proptest::collection::vec(day, 1..4))
    }

    fn time_of_day() -> impl Strategy<Value = Time> {
        (0..24i8, 0..60i8).prop_map(|(hour, minute)| Time::constant(hour, minute, 0, 0))
    }

    proptest! {
        #[test]
        fn widened_schedule_includes_the_time_and_what_it_included(
            weekdays in weekdays(),
            hours in proptest::option::of((time_of_day(), time_of_day())),
            at in 0..1_000_000i64,
            other in 0..1_000_000i64,
        ) {
            let schedule = Schedule {
                weekdays,
                hours: hours.filter(|(from, to)| from != to),
                ..Schedule::always(TimeZone::UTC)
            };
            let instant = |minutes: i64| Timestamp::from_second(1_700_000_000 + minutes * 60).unwrap();
            let (at, other) = (instant(at), instant(other));
            prop_assume!(!schedule.includes(at));
            let wider = widened(&schedule, at).unwrap();
            prop_assert!(wider.includes(at));
            let wraps = |schedule: &Schedule| schedule.hours.is_some_and(|(from, to)| from > to);
            // Where hours begin to cross midnight, those after it belong to another day.
            if wraps(&schedule) == wraps(&wider) {
                prop_assert!(wider.includes(other) || !schedule.includes(other));
            }
        }
    }
}
