//! The text of a promo code as people type it.

use std::fmt;

use crate::PromoId;

/// The canonical text of a promo code: upper case, no separators, Cyrillic letters that look Latin folded to Latin.
/// Two texts that a person can't tell apart are one code.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PromoCode(String);

/// A text that can't be a promo code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a promo code is 3 to 32 letters and digits")]
pub struct NotAPromoCode;

impl PromoCode {
    /// Folds `typed` to its canonical form.
    ///
    /// # Errors
    /// [`NotAPromoCode`] when anything but Latin or Cyrillic letters, digits and separators is in it, or its length is off.
    pub fn parse(typed: &str) -> Result<PromoCode, NotAPromoCode> {
        let mut code = String::new();
        // A limit on the raw text too: upper-casing is not worth a megabyte of separators.
        for c in typed.chars().take(129).flat_map(char::to_uppercase) {
            match c {
                ' ' | '-' | '_' | '.' | '\u{a0}' | '\u{2010}'..='\u{2015}' | '\u{2212}' => {}
                'A'..='Z' | '0'..='9' => code.push(c),
                'А'..='Я' | 'Ё' => code.push(fold(c)),
                _ => return Err(NotAPromoCode),
            }
        }
        let length = code.chars().count();
        if !(3..=32).contains(&length) || typed.chars().nth(128).is_some() {
            return Err(NotAPromoCode);
        }
        Ok(PromoCode(code))
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
    /// By its number.
    Id(PromoId),
    /// By its text.
    Code(PromoCode),
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn canonical(typed: &str) -> Option<String> {
        PromoCode::parse(typed).ok().map(|c| c.as_str().to_owned())
    }

    #[test]
    fn what_people_type_is_one_code() {
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
    fn what_is_no_code_is_refused() {
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

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(typed in "\\PC{0,40}") {
            if let Some(once) = canonical(&typed) {
                prop_assert_eq!(canonical(&once), Some(once));
            }
        }
    }
}
