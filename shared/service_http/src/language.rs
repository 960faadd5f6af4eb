//! The language of the texts in an answer.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

/// A language that the texts exist in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English, also for those who ask for neither.
    #[default]
    En,
    /// Russian.
    Ru,
}

impl Language {
    /// The language that `Accept-Language` (RFC 9110 §12.5.4) likes best.
    pub fn of(headers: &HeaderMap) -> Language {
        let mut best = (0.0, Language::default());
        let ranges = headers
            .get_all(header::ACCEPT_LANGUAGE)
            .into_iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','));
        for range in ranges {
            let mut parts = range.split(';').map(str::trim);
            let language = match parts.next().and_then(|tag| tag.get(..2)) {
                Some(tag) if tag.eq_ignore_ascii_case("ru") => Language::Ru,
                Some(tag) if tag.eq_ignore_ascii_case("en") => Language::En,
                _ => continue,
            };
            let weight = parts
                .find_map(|part| part.strip_prefix("q="))
                .map_or(1.0, |q| q.parse().unwrap_or(0.0));
            if weight > best.0 {
                best = (weight, language);
            }
        }
        best.1
    }

    /// The tag for `Content-Language`.
    pub fn tag(self) -> &'static str {
        match self {
            Language::En => "en",
            Language::Ru => "ru",
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Language {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Language::of(&parts.headers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preferred_language_is_chosen() {
        let of = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, value.parse().unwrap());
            Language::of(&headers)
        };
        assert_eq!(of("ru-RU,ru;q=0.9,en-US;q=0.8"), Language::Ru);
        assert_eq!(of("en;q=0.3, ru;q=0.4"), Language::Ru);
        assert_eq!(of("de, en;q=0.5"), Language::En);
        for neither in ["de", "*", "", "ru;q=0", ";;;,q=", "ru;q=x"] {
            assert_eq!(of(neither), Language::En, "{neither}");
        }
        assert_eq!(Language::of(&HeaderMap::new()), Language::En);
    }
}
