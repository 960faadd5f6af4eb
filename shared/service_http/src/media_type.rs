//! The media types of bodies (RFC 9110 §8.3 and §12.5.1).

use axum::http::{HeaderMap, header};

/// What JSON may be declared as.
const JSON_TYPES: [&str; 2] = ["application/json", "application/merge-patch+json"];

/// The media type of the body, without its parameters; empty if none is declared.
pub(crate) fn declared(headers: &HeaderMap) -> &str {
    let value = headers.get(header::CONTENT_TYPE);
    let value = value.and_then(|value| value.to_str().ok());
    let essence = value.and_then(|value| value.split(';').next());
    essence.unwrap_or_default().trim()
}

/// Whether the body is declared as JSON.
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let declared = declared(headers);
    JSON_TYPES
        .iter()
        .any(|json| declared.eq_ignore_ascii_case(json))
}

/// A parameter of the media type of the body, such as `charset`, without its quotes.
pub(crate) fn parameter<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    value.split(';').skip(1).find_map(|parameter| {
        let (named, value) = parameter.split_once('=')?;
        let is_it = named.trim().eq_ignore_ascii_case(name);
        is_it.then(|| value.trim().trim_matches('"'))
    })
}

/// Whether `Accept` likes `kind` better than `other`, which is what a caller without a preference gets.
pub fn prefers(headers: &HeaderMap, kind: &str, other: &str) -> bool {
    weight(headers, kind) > weight(headers, other)
}

/// How much the caller likes a media type: the most specific range that it fits into decides. Less than zero if none
/// does.
fn weight(headers: &HeaderMap, kind: &str) -> f32 {
    let group = kind.split('/').next().unwrap_or_default();
    let mut best = (0, -1.0);
    let ranges = headers
        .get_all(header::ACCEPT)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    for range in ranges {
        let mut parts = range.split(';').map(str::trim);
        let specific = match parts.next().unwrap_or_default() {
            "*/*" => 1,
            range if range.strip_suffix("/*") == Some(group) => 2,
            range if range.eq_ignore_ascii_case(kind) => 3,
            _ => continue,
        };
        let weight = parts
            .find_map(|part| part.strip_prefix("q="))
            .map_or(1.0, |q| q.parse().unwrap_or(0.0));
        if specific > best.0 {
            best = (specific, weight);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preferred_media_type_is_chosen() {
        let json = |accept: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, accept.parse().unwrap());
            prefers(&headers, "application/json", "text/csv")
        };
        for likes in [
            "application/json",
            "text/csv;q=0.5, application/json",
            "application/json, */*;q=0.1",
            "application/*",
            "text/csv;q=0, */*",
        ] {
            assert!(json(likes), "{likes}");
        }
        for does_not in [
            "*/*",
            "",
            "text/csv",
            "text/html",
            "application/json;q=0.2, text/*",
            "text/csv, application/json",
            ";q=x,,",
        ] {
            assert!(!json(does_not), "{does_not}");
        }
        assert!(!prefers(&HeaderMap::new(), "application/json", "text/csv"));
    }
}
