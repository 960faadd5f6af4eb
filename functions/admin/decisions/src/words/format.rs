//! Times, amounts and lists as people say them.

use domain::{Currency, Money};
use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use service_http::Language;

use super::Words;

/// As in `1 апреля`.
const MONTHS: [&str; 12] = [
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
];

/// Time zones that people in Russia know by a city; others have their names of the IANA database.
const ZONES: [(&str, &str); 14] = [
    ("Europe/Kaliningrad", "Калининград"),
    ("Europe/Moscow", "Москва"),
    ("Europe/Samara", "Самара"),
    ("Asia/Yekaterinburg", "Екатеринбург"),
    ("Asia/Omsk", "Омск"),
    ("Asia/Novosibirsk", "Новосибирск"),
    ("Asia/Krasnoyarsk", "Красноярск"),
    ("Asia/Irkutsk", "Иркутск"),
    ("Asia/Yakutsk", "Якутск"),
    ("Asia/Vladivostok", "Владивосток"),
    ("Asia/Magadan", "Магадан"),
    ("Asia/Kamchatka", "Камчатка"),
    ("Europe/Minsk", "Минск"),
    ("Asia/Almaty", "Алматы"),
];

impl Words<'_> {
    /// An instant on the clock of the promotion: `1 апреля 2026, 00:00 (Москва)`, `1 April 2026, 00:00 (Europe/Moscow)`.
    /// With seconds where there are some.
    pub(super) fn time(&self, instant: Timestamp) -> String {
        let local = instant.to_zoned(self.zone().clone());
        let clock = match local.second() {
            0 => local.strftime("%H:%M"),
            _ => local.strftime("%H:%M:%S"),
        };
        let zone = self.zone_name();
        let (day, year) = (local.day(), local.year());
        match self.language {
            Language::En => format!("{day} {} {year}, {clock} ({zone})", local.strftime("%B")),
            Language::Ru => {
                let month = usize::from(local.month().unsigned_abs()).saturating_sub(1);
                let month = MONTHS.get(month).copied().unwrap_or_default();
                format!("{day} {month} {year}, {clock} ({zone})")
            }
        }
    }

    /// The same to the minute, for times that nobody entered.
    pub(super) fn minute(&self, instant: Timestamp) -> String {
        self.time(to_the_minute(instant))
    }

    /// The time zone of the promotion.
    pub(super) fn zone(&self) -> &TimeZone {
        &self.facts.promotion.schedule.zone
    }

    /// Its name.
    pub(super) fn zone_name(&self) -> &str {
        let name = self.zone().iana_name().unwrap_or("UTC");
        let mut known = ZONES.iter();
        match self.language {
            Language::En => name,
            Language::Ru => known
                .find(|(iana, _)| *iana == name)
                .map_or(name, |(_, russian)| russian),
        }
    }

    /// An instant as a call takes it: local time of the promotion, with the offset.
    pub(super) fn in_body(&self, instant: Timestamp) -> String {
        let local = instant.to_zoned(self.zone().clone());
        local.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    }

    /// An amount: `299,00 ₽`, `RUB 299.00`.
    pub(super) fn money(&self, money: Money) -> String {
        let decimal = money.to_decimal();
        let (whole, cents) = decimal.split_once('.').unwrap_or((&decimal, ""));
        let currency = money.currency();
        match self.language {
            Language::En => {
                let point = if cents.is_empty() { "" } else { "." };
                format!("{currency} {}{point}{cents}", grouped(whole, ','))
            }
            Language::Ru => {
                let comma = if cents.is_empty() { "" } else { "," };
                let currency = match currency == Currency::RUB {
                    true => "₽",
                    false => currency.as_str(),
                };
                // A number is not broken at the end of a line.
                format!("{}{comma}{cents} {currency}", grouped(whole, '\u{a0}'))
            }
        }
    }

    /// A list: `пн, вт и ср`, `7, 8 and 9`.
    pub(super) fn list<T: AsRef<str>>(&self, items: &[T]) -> String {
        let and = match self.language {
            Language::En => " and ",
            Language::Ru => " и ",
        };
        match items {
            [] => String::new(),
            [one] => one.as_ref().to_owned(),
            [first @ .., last] => {
                let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
                format!("{}{and}{}", first.join(", "), last.as_ref())
            }
        }
    }

    /// A weekday: `вторник`, `Tuesday`.
    pub(super) fn weekday(&self, day: Weekday) -> &'static str {
        names(day)[usize::from(self.language == Language::Ru)]
    }

    /// Weekdays on which something happens again and again: `по субботам и воскресеньям`, `on Saturdays and Sundays`.
    pub(super) fn on_weekdays(&self, days: &[Weekday]) -> String {
        match self.language {
            Language::En => {
                let days: Vec<_> = days
                    .iter()
                    .map(|day| format!("{}s", names(*day)[0]))
                    .collect();
                format!("on {}", self.list(&days))
            }
            Language::Ru => {
                let days: Vec<_> = days.iter().map(|day| names(*day)[2]).collect();
                format!("по {}", self.list(&days))
            }
        }
    }
}

/// In English; in Russian; in Russian as in `по средам`.
fn names(day: Weekday) -> [&'static str; 3] {
    match day {
        Weekday::Monday => ["Monday", "понедельник", "понедельникам"],
        Weekday::Tuesday => ["Tuesday", "вторник", "вторникам"],
        Weekday::Wednesday => ["Wednesday", "среда", "средам"],
        Weekday::Thursday => ["Thursday", "четверг", "четвергам"],
        Weekday::Friday => ["Friday", "пятница", "пятницам"],
        Weekday::Saturday => ["Saturday", "суббота", "субботам"],
        Weekday::Sunday => ["Sunday", "воскресенье", "воскресеньям"],
    }
}

/// The last full minute.
pub(super) fn to_the_minute(instant: Timestamp) -> Timestamp {
    let seconds = instant.as_second();
    Timestamp::from_second(seconds - seconds.rem_euclid(60)).unwrap_or(instant)
}

/// Digits in groups of three.
fn grouped(digits: &str, separator: char) -> String {
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(separator);
        }
        text.push(digit);
    }
    text
}
