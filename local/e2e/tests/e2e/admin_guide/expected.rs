//! Answers as the page shows them: JSON with `$NAME` for values that differ each time and `…` for what is left out.

use serde_json::Value;

use super::Failure;
use super::shell::Variables;

/// Stands for an `…` that takes the place of members or elements; one in a text stays as it is.
const ELISION: &str = "\u{E000}";

/// Reads an answer; `line` is the number of its first line.
pub fn parse(text: &str, line: usize, variables: &Variables) -> Result<Value, Failure> {
    let mut json = String::new();
    let mut open = vec![];
    let mut in_text = false;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '$' => {
                let at = line + text[..text.len() - rest.len()].matches('\n').count();
                let (value, after) = variables.read(rest).map_err(|what| Failure::at(at, what))?;
                json += value;
                rest = after;
                continue;
            }
            '\\' => {
                json.push(c);
                let escaped = rest.chars().next().unwrap_or_default();
                json.push(escaped);
                rest = &rest[escaped.len_utf8()..];
                continue;
            }
            '"' => in_text = !in_text,
            _ if in_text => (),
            '{' | '[' => open.push(c),
            '}' | ']' => drop(open.pop()),
            '…' => {
                let within_object = open.last() == Some(&'{');
                let member = if within_object { ": null" } else { "" };
                json += &format!("\"{ELISION}\"{member}");
                continue;
            }
            _ => (),
        }
        json.push(c);
    }
    serde_json::from_str(&json)
        .map_err(|error| Failure::at(line + error.line() - 1, format!("{error}: {json}")))
}

/// How an answer differs from what the page shows, if it does. `path` leads to the value.
pub fn difference(expected: &Value, actual: &Value, path: &str) -> Option<String> {
    match (expected, actual) {
        (Value::Object(shown), Value::Object(members)) => {
            for (name, value) in shown.iter().filter(|(name, _)| *name != ELISION) {
                let path = format!("{path}/{name}");
                let Some(member) = members.get(name) else {
                    return Some(format!("{path} is missing"));
                };
                let difference = difference(value, member, &path);
                if difference.is_some() {
                    return difference;
                }
            }
            let more = members.keys().find(|name| !shown.contains_key(*name));
            let more = more.filter(|_| !shown.contains_key(ELISION))?;
            Some(format!("{path}/{more} is not shown, and there is no `…`"))
        }
        (Value::Array(shown), Value::Array(elements)) => {
            if shown.len() == elements.len() && !shown.iter().any(|one| one == ELISION) {
                let mut pairs = shown.iter().zip(elements).enumerate();
                return pairs.find_map(|(at, (shown, element))| {
                    difference(shown, element, &format!("{path}/{at}"))
                });
            }
            let differs = !has_elements(shown, elements);
            differs.then(|| format!("{path} has other elements"))
        }
        (Value::String(shown), Value::String(text)) if is_like(shown, text) => None,
        _ if expected == actual => None,
        _ => Some(format!("{path} is {actual}, not {expected}")),
    }
}

/// Whether an array has the elements that are shown, and others only where there is an `…`.
fn has_elements(shown: &[Value], elements: &[Value]) -> bool {
    match (shown, elements) {
        ([], []) => true,
        ([first, more @ ..], _) if first == ELISION => {
            (0..=elements.len()).any(|skipped| has_elements(more, &elements[skipped..]))
        }
        ([first, more @ ..], [element, others @ ..]) => {
            difference(first, element, "").is_none() && has_elements(more, others)
        }
        _ => false,
    }
}

/// Whether a text is the one that is shown, in which `…` stands for anything.
fn is_like(shown: &str, text: &str) -> bool {
    let Some((before, after)) = shown.split_once('…') else {
        return shown == text;
    };
    let Some(rest) = text.strip_prefix(before) else {
        return false;
    };
    let mut ends = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
    ends.any(|at| is_like(after, &rest[at..]))
}

#[test]
fn only_elided_members_may_be_absent() {
    let variables = Variables::default();
    let json = |text: &str| parse(text, 1, &variables).unwrap();
    let actual = json(r#"{ "a": [1, { "b": "x-y" }, 3], "c": null }"#);
    for (expected, equal) in [
        (r#"{ "a": [1, { "b": "x-y" }, 3], "c": null }"#, true),
        (r#"{ "a": [1, { "b": "x-y" }, 3] }"#, false),
        (r#"{ "a": [1, { … }, 3], … }"#, true),
        (r#"{ "a": […, { "b": "x…" }, …], … }"#, true),
        (r#"{ "a": [{ "b": "x…" }, …], … }"#, false),
        (r#"{ "a": […, 3], … }"#, true),
        (r#"{ "a": […, 1], … }"#, false),
        (r#"{ "d": 1, … }"#, false),
        (r#"{ "a": […, { "b": "…z" }, …], … }"#, false),
        (r#"{ "c": 0, … }"#, false),
    ] {
        let difference = difference(&json(expected), &actual, "");
        assert_eq!(difference.is_none(), equal, "{expected} {difference:?}");
    }
}
