//! The text of a promo code as people type it.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

use crate::PromoCodeId;
use crate::invisible::is_invisible;

/// The longest text that is looked at, in characters: folding is not worth a megabyte of separators.
const MAX_TYPED: usize = 128;

/// The canonical text of a promo code: upper case, no separators, Cyrillic letters that look Latin folded to Latin.
/// Two texts that a person can't tell apart are one code.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PromoCode(String);

/// A text that can't be a promo code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a promo code is 3 to 32 letters and digits")]
pub struct NotAPromoCode;

impl PromoCode {
    /// Folds `typed` to its canonical form: compatibility-composed (NFKC), without white space and characters that can't be
    /// seen.
    ///
    /// # Errors
    /// [`NotAPromoCode`] when anything but Latin or Cyrillic letters, digits and separators is in it, or its length is off.
    pub fn parse(typed: &str) -> Result<PromoCode, NotAPromoCode> {
        let mut code = String::new();
        let raw = typed.chars().take(MAX_TYPED + 1);
        for c in raw
            .filter(|c| !is_invisible(*c))
            .nfkc()
            .flat_map(char::to_uppercase)
        {
            match c {
                '-' | '_' | '.' | '\u{2010}'..='\u{2015}' | '\u{2212}' => {}
                c if c.is_whitespace() => {}
                'A'..='Z' | '0'..='9' => code.push(c),
                'А'..='Я' | 'Ё' => code.push(fold(c)),
                _ => return Err(NotAPromoCode),
            }
        }
        let length = code.chars().count();
        if !(3..=32).contains(&length) || typed.chars().nth(MAX_TYPED).is_some() {
            return Err(NotAPromoCode);
        }
        Ok(PromoCode(code))
    }

    /// Every code that `typed` may mean, at most two: its canonical form, then what the same keys give under the other
    /// keyboard layout (Russian ЙЦУКЕН or US QWERTY). Look all of them up at once; the earliest one found wins.
    /// Empty when neither reading is a code.
    pub fn candidates(typed: &str) -> Vec<PromoCode> {
        let mut codes: Vec<PromoCode> = PromoCode::parse(typed).into_iter().collect();
        let other = other_layout(typed).and_then(|text| PromoCode::parse(&text).ok());
        codes.extend(other.filter(|code| !codes.contains(code)));
        codes
    }

    /// How a code that was typed as `typed` is shown: in the same letters, without white space around it and without
    /// characters that can't be seen. `None` when that is the canonical text.
    pub fn shown(&self, typed: &str) -> Option<String> {
        let visible: String = typed.chars().filter(|c| !is_invisible(*c)).nfc().collect();
        let words: Vec<&str> = visible.split_whitespace().collect();
        Some(words.join(" ")).filter(|shown| *shown != self.0)
    }

    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PromoCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How a request names a promo code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PromoRef {
    /// By its ID.
    Id(PromoCodeId),
    /// By its text: every code that it may mean, the likeliest first. See [`PromoCode::candidates`].
    Text(Vec<PromoCode>),
}

/// The Latin letter that a Cyrillic capital looks like, or the letter itself.
fn fold(cyrillic: char) -> char {
    match cyrillic {
        'А' => 'A',
        'В' => 'B',
        'Е' | 'Ё' => 'E',
        'К' => 'K',
        'М' => 'M',
        'Н' => 'H',
        'О' => 'O',
        'Р' => 'P',
        'С' => 'C',
        'Т' => 'T',
        'У' => 'Y',
        'Х' => 'X',
        other => other,
    }
}

const QWERTY: &str = "`qwertyuiop[]asdfghjkl;'zxcvbnm,./";
const RUSSIAN: &str = "ёйцукенгшщзхъфывапролджэячсмитьбю.";

/// What the same keys type under the other layout, or `None` for a text of both alphabets or one that is too long:
/// nobody switches in the middle of a slip.
fn other_layout(typed: &str) -> Option<String> {
    if typed.chars().nth(MAX_TYPED).is_some() {
        return None;
    }
    let composed: String = typed.chars().filter(|c| !is_invisible(*c)).nfkc().collect();
    let cyrillic = composed.chars().any(is_cyrillic);
    let latin = composed.chars().any(|c| c.is_ascii_alphabetic());
    if cyrillic && latin {
        return None;
    }
    let (from, to) = if cyrillic {
        (RUSSIAN, QWERTY)
    } else {
        (QWERTY, RUSSIAN)
    };
    let swap = |c: char| {
        let key = if c.is_ascii_uppercase() || is_cyrillic(c) {
            c.to_lowercase().next().unwrap_or(c)
        } else {
            c
        };
        // A full stop beside Russian letters stays a separator, not the slash of its key.
        if cyrillic && key == '.' {
            return key;
        }
        let found = from.chars().zip(to.chars()).find(|(f, _)| *f == key);
        found.map_or(c, |(_, t)| t)
    };
    Some(composed.chars().map(swap).collect())
}

fn is_cyrillic(c: char) -> bool {
    matches!(c, 'А'..='я' | 'Ё' | 'ё')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn canonical(typed: &str) -> Option<String> {
        PromoCode::parse(typed).ok().map(|c| c.as_str().to_owned())
    }

    #[test]
    fn spellings_of_a_code_are_equal() {
        for typed in [
            "SPRING-30",
            "spring30",
            " Spring 30 ",
            "SPRING—30",
            "SРRING30",
        ] {
            assert_eq!(canonical(typed).as_deref(), Some("SPRING30"), "{typed}");
        }
        assert_eq!(canonical("весна"), canonical("BECHA"));
        assert_eq!(canonical("лето"), canonical("ЛETO"));
    }

    #[test]
    fn code_is_shown_as_it_was_typed() {
        let shown = |typed| PromoCode::parse(typed).unwrap().shown(typed);
        assert_eq!(
            shown(" Лето\u{a0}\n2027\u{200b}").as_deref(),
            Some("Лето 2027")
        );
        assert_eq!(shown("spring-30").as_deref(), Some("spring-30"));
        assert_eq!(shown("И\u{306}ОД").as_deref(), Some("ЙОД"));
        assert_eq!(shown("SPRING30"), None);
        for typed in ["Лето 2027", "spring-30"] {
            let code = PromoCode::parse(typed).unwrap();
            assert_eq!(PromoCode::parse(&code.shown(typed).unwrap()), Ok(code));
        }
    }

    #[test]
    fn invalid_code_is_refused() {
        for typed in [
            "",
            "AB",
            "---",
            "A\0BC",
            "ПРИВЕТ!",
            "<script>",
            &"A".repeat(33),
            &"-".repeat(1_000_000),
        ] {
            assert_eq!(canonical(typed), None);
        }
    }

    #[test]
    fn wrong_keyboard_layout_is_the_second_reading() {
        let table: [(&str, &[&str]); 11] = [
            ("ЫЗКШТП30", &["ЫЗKШTП30", "SPRING30"]),
            ("ызкШТП-30", &["ЫЗKШTП30", "SPRING30"]),
            ("ЫЗКШТПю30", &["ЫЗKШTПЮ30", "SPRING30"]),
            ("ызкштп_30.", &["ЫЗKШTП30", "SPRING30"]),
            ("dtcyf", &["DTCYF", "BECHA"]),
            ("DTCYF/30", &["BECHA30"]),
            ("[jkjl", &["XOЛOД"]),
            ("SРRING30", &["SPRING30"]),
            ("20-30", &["2030"]),
            ("\u{212a}LM30", &["KLM30", "ЛДЬ30"]),
            ("<script>", &[]),
        ];
        for (typed, expected) in table {
            let codes = PromoCode::candidates(typed);
            let texts: Vec<&str> = codes.iter().map(PromoCode::as_str).collect();
            assert_eq!(texts, expected, "{typed}");
        }
    }

    #[test]
    fn unicode_traps_fold_or_are_refused() {
        for (typed, expected) in [
            ("SPRING\u{a0}30", Some("SPRING30")),
            ("stra\u{df}e", Some("STRASSE")),
            ("spr\u{131}ng", Some("SPRING")),
            ("\u{fb01}ve", Some("FIVE")),
            ("\u{ff33}PRING", Some("SPRING")),
            ("SPR\u{200b}ING", Some("SPRING")),
            ("SPRING\n", Some("SPRING")),
            ("\u{feff}SPR\u{ad}ING\t\u{202f}30", Some("SPRING30")),
            ("И\u{306}ОД", Some("ЙOД")),
            ("Е\u{308}ЛКА", Some("EЛKA")),
            ("SPRING\u{301}", None),
        ] {
            assert_eq!(canonical(typed).as_deref(), expected, "{typed}");
        }
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(typed in "\\PC{0,40}") {
            if let Some(once) = canonical(&typed) {
                prop_assert_eq!(canonical(&once), Some(once));
            }
        }
    }
}
