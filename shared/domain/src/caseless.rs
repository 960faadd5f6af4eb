//! Comparing texts without regard to case.

use unicode_normalization::UnicodeNormalization;

/// The form that is the same for all texts which differ in case alone, or in whether accents are written as characters
/// of their own (é is one character or two, by the keyboard).
pub(crate) fn caseless(text: &str) -> String {
    // Letter by letter: `str::to_lowercase` would treat a Greek sigma at the end of a word apart.
    text.nfd().flat_map(char::to_lowercase).nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn composed_and_decomposed_accents_are_equal() {
        for (composed, apart) in [
            ("É", "e\u{301}"),
            ("Å", "A\u{30a}"),
            ("\u{212b}", "a\u{30a}"),
            ("Й", "и\u{306}"),
            ("Ё", "Е\u{308}"),
            ("Ệ", "e\u{302}\u{323}"),
            ("İ", "I\u{307}"),
            ("한", "\u{1112}\u{1161}\u{11ab}"),
        ] {
            assert_eq!(caseless(composed), caseless(apart), "{composed}");
        }
        assert_eq!(caseless("é"), "é");
        assert_ne!(caseless("é"), caseless("e"));
    }

    /// So it is enough to compose what was made small before accents counted.
    #[test]
    fn every_character_folds_to_its_lower_case() {
        for c in '\0'..=char::MAX {
            let small: String = c.to_lowercase().nfc().collect();
            assert_eq!(caseless(&c.to_string()), small, "{c:?}");
        }
    }

    proptest! {
        #[test]
        fn folding_is_idempotent(text in "\\PC{0,40}") {
            let form = caseless(&text);
            prop_assert_eq!(&caseless(&form), &form);
            let apart: String = text.nfd().collect();
            prop_assert_eq!(&caseless(&apart), &form);
        }
    }
}
