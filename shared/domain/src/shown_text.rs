//! The text of a promo code as somebody may see it: an unlisted one is worth money to whoever knows it.

use crate::PromoCode;

/// How many characters a masked text begins with.
const SHOWN: usize = 2;
/// How many must stay hidden, or none is shown.
const LEAST_HIDDEN: usize = 6;

/// The text of a promo code as it is shown to somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownText {
    /// What is shown.
    pub text: String,
    /// Whether that is not the text itself.
    pub masked: bool,
}

impl ShownText {
    /// For whoever may know it.
    pub fn whole(text: &str) -> ShownText {
        ShownText {
            text: text.to_owned(),
            masked: false,
        }
    }

    /// For whoever may not: the first two characters of the canonical text and an ellipsis, or the ellipsis alone if fewer than
    /// six would stay hidden. Neither the length nor the end is shown, where generated codes have their check symbol.
    pub fn masked(text: &str) -> ShownText {
        let code = PromoCode::parse(text).ok();
        let code = code.as_ref().map_or("", PromoCode::as_str);
        let shown = match code.chars().nth(SHOWN + LEAST_HIDDEN - 1) {
            Some(_) => SHOWN,
            None => 0,
        };
        ShownText {
            text: code.chars().take(shown).chain(['…']).collect(),
            masked: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn long_text_shows_two_characters_and_short_text_none() {
        for (text, shown) in [
            ("SPRING31", "SP…"),
            ("Весна 2031", "BE…"),
            ("spring-2031-XK7", "SP…"),
            ("SPRING3", "…"),
            ("s-p-r-i-n-g", "…"),
            ("ABC", "…"),
            ("", "…"),
            ("20 % off everything", "…"),
        ] {
            let expected = ShownText {
                text: shown.to_owned(),
                masked: true,
            };
            assert_eq!(ShownText::masked(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_shows_two_characters_and_an_ellipsis_at_most(text in "\\PC{0,40}") {
            let shown = ShownText::masked(&text).text;
            let beginning = shown.strip_suffix('…').unwrap();
            prop_assert!(matches!(beginning.chars().count(), 0 | SHOWN), "{shown}");
            let code = PromoCode::parse(&text);
            let code = code.as_ref().map_or("", PromoCode::as_str);
            prop_assert!(code.starts_with(beginning));
            prop_assert!(beginning.is_empty() || code.chars().count() >= SHOWN + LEAST_HIDDEN);
        }

        /// Whatever follows the beginning, and however much of it there is, the same is shown.
        #[test]
        fn texts_with_the_same_beginning_look_the_same(
            beginning in "[0-9A-Z]{2}", one in "[0-9A-Z]{6,30}", other in "[0-9A-Z]{6,30}",
        ) {
            let shown = |rest| ShownText::masked(&format!("{beginning}{rest}"));
            prop_assert_eq!(shown(one), shown(other));
        }

        #[test]
        fn spelling_is_not_shown(text in "[0-9a-zA-Zа-яё]{8,20}") {
            let spelled: String = text.chars().flat_map(|c| [c, '-']).collect();
            prop_assert_eq!(ShownText::masked(&spelled), ShownText::masked(&text));
        }
    }
}
