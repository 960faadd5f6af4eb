//! Counted nouns.

use service_http::Language;

/// A noun in the forms that go with numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Noun {
    /// After 1, and after other numbers.
    pub(super) en: [&'static str; 2],
    /// After 1, 2 and 5.
    pub(super) ru: [&'static str; 3],
}

pub(super) const USE: Noun = Noun {
    en: ["use", "uses"],
    ru: ["применение", "применения", "применений"],
};
const TIME: Noun = Noun {
    en: ["time", "times"],
    ru: ["раз", "раза", "раз"],
};
pub(super) const DAY: Noun = Noun {
    en: ["day", "days"],
    ru: ["день", "дня", "дней"],
};

impl Noun {
    /// The number with the noun: `21 применение`.
    pub(super) fn count(self, number: i64, language: Language) -> String {
        let form = match language {
            Language::En => self.en[usize::from(number != 1)],
            Language::Ru => self.ru[russian(number)],
        };
        format!("{number} {form}")
    }
}

/// How often: `once`, `3 times`, `3 раза`.
pub(super) fn times(number: i64, language: Language) -> String {
    match (number, language) {
        (1, Language::En) => "once".to_owned(),
        (2, Language::En) => "twice".to_owned(),
        _ => TIME.count(number, language),
    }
}

/// Which form of a Russian noun follows a number: 0 as after 1, 1 as after 2, 2 as after 5.
pub(super) fn russian(number: i64) -> usize {
    match (number.unsigned_abs() % 10, number.unsigned_abs() % 100) {
        (_, 11..=14) => 2,
        (1, _) => 0,
        (2..=4, _) => 1,
        _ => 2,
    }
}

/// The Russian preposition before a number in `с 5 до 6`: `со` before `ста` (100 to 199, and as many thousands).
pub(super) fn from_in_russian(number: &str) -> &'static str {
    let digits = |text: &str| text.chars().take_while(char::is_ascii_digit).count();
    // Of `150 000,00 ₽` the first group is what is pronounced first.
    let first = digits(number);
    // Numbers of counts are written without groups.
    let group = if first > 3 {
        (first - 1) % 3 + 1
    } else {
        first
    };
    match group == 3 && number.starts_with('1') {
        true => "со",
        false => "с",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn russian_noun_follows_its_number() {
        for (number, expected) in [
            (0, "0 применений"),
            (1, "1 применение"),
            (2, "2 применения"),
            (4, "4 применения"),
            (5, "5 применений"),
            (11, "11 применений"),
            (12, "12 применений"),
            (14, "14 применений"),
            (21, "21 применение"),
            (22, "22 применения"),
            (100, "100 применений"),
            (101, "101 применение"),
            (111, "111 применений"),
            (1_003, "1003 применения"),
            (i64::MAX, "9223372036854775807 применений"),
        ] {
            assert_eq!(USE.count(number, Language::Ru), expected);
        }
    }

    #[test]
    fn english_noun_is_singular_after_one_alone() {
        for (number, expected) in [(0, "0 uses"), (1, "1 use"), (2, "2 uses"), (21, "21 uses")] {
            assert_eq!(USE.count(number, Language::En), expected);
        }
    }

    #[test]
    fn russian_preposition_follows_the_spoken_number() {
        for (number, expected) in [
            ("1", "с"),
            ("10", "с"),
            ("100", "со"),
            ("199", "со"),
            ("200", "с"),
            ("1000", "с"),
            ("100000", "со"),
            ("100,00 ₽", "со"),
            ("299,00 ₽", "с"),
            ("150\u{a0}000,00 ₽", "со"),
            ("1\u{a0}000,00 ₽", "с"),
        ] {
            assert_eq!(from_in_russian(number), expected, "{number}");
        }
    }
}
