//! How a body of JSON differs from what a call takes, in the languages of the answers.
//!
//! Serde says it in English only, as one text. Its phrases are known and few; any other gets a general message.

use serde::de::DeserializeOwned;
use serde_json::{Deserializer, Value};

use crate::Language;

/// The first difference.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BodyError {
    /// Where, such as `effect.price` or `tariffs[1]`; the whole body if none.
    path: Option<String>,
    fault: Fault,
}

#[derive(Debug, PartialEq, Eq)]
enum Fault {
    Missing,
    Twice,
    NoSuchField,
    Text,
    WholeNumber,
    NumberInRange,
    TrueOrFalse,
    List,
    Object,
    Uuid,
    /// Their names.
    OneOf(String),
    Other,
}

impl BodyError {
    /// Why `bytes`, which are JSON, can't be a `T`. `None` if they are not JSON all through, as with a number that is
    /// out of every range.
    pub fn of<T: DeserializeOwned>(bytes: &[u8]) -> Option<BodyError> {
        let json = &mut Deserializer::from_slice(bytes);
        let error = serde_path_to_error::deserialize::<_, T>(json).err()?;
        if error.inner().is_data() {
            return Some(BodyError::from_json(&error));
        }
        // Serde calls it bad syntax when what is to be a name of an enum is a number or a list; once it is a value, no
        // longer.
        let value: Value = serde_json::from_slice(bytes).ok()?;
        let error = serde_path_to_error::deserialize::<_, T>(value).err()?;
        Some(BodyError::from_json(&error))
    }

    /// A body that is no object.
    pub fn not_an_object() -> BodyError {
        BodyError {
            path: None,
            fault: Fault::Object,
        }
    }

    fn from_json(error: &serde_path_to_error::Error<serde_json::Error>) -> BodyError {
        let inner = error.inner();
        let place = format!(" at line {} column {}", inner.line(), inner.column());
        let text = inner.to_string();
        let text = text.strip_suffix(&place).unwrap_or(&text);
        let (fault, name) = Fault::of(text);
        let at = Some(error.path().to_string()).filter(|path| path != ".");
        let path = match (at, name) {
            // Where a field is not known, the place is that field already.
            (Some(at), Some(name)) if at != name && !at.ends_with(&format!(".{name}")) => {
                Some(format!("{at}.{name}"))
            }
            (at, name) => at.or(name.map(str::to_owned)),
        };
        BodyError { path, fault }
    }

    /// What must be put there.
    pub fn advice(&self, language: Language) -> String {
        let advice = self.fault.advice(language);
        match (&self.path, language) {
            (Some(path), Language::En) => format!("`{path}` {advice}"),
            (Some(path), Language::Ru) => format!("`{path}`: {advice}"),
            (None, Language::En) => format!("the body {advice}"),
            (None, Language::Ru) => format!("тело запроса: {advice}"),
        }
    }
}

impl Fault {
    /// From Serde's words, with the name of the field that they name.
    fn of(text: &str) -> (Fault, Option<&str>) {
        let named = |start: &str, end: &str| text.strip_prefix(start)?.strip_suffix(end);
        if let Some(field) = named("missing field `", "`") {
            return (Fault::Missing, Some(field));
        }
        if let Some(field) = named("duplicate field `", "`") {
            return (Fault::Twice, Some(field));
        }
        if text.starts_with("UUID parsing failed") {
            return (Fault::Uuid, None);
        }
        if let Some(field) = named("unknown field `", "`, there are no fields") {
            return (Fault::NoSuchField, Some(field));
        }
        // The last one: what was sent comes before it, and may hold anything.
        let Some((found, expected)) = text.rsplit_once(", expected ") else {
            return (Fault::Other, None);
        };
        if let Some(field) = found.strip_prefix("unknown field `") {
            return (Fault::NoSuchField, field.strip_suffix('`'));
        }
        if found.starts_with("unknown variant ") {
            let names = expected.strip_prefix("one of ").unwrap_or(expected);
            return (Fault::OneOf(names.replace("` or `", "`, `")), None);
        }
        let fault = match expected {
            "a string" | "string or map" | "variant identifier" | "map with a single key" => {
                Fault::Text
            }
            "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" => {
                match found.starts_with("invalid value") {
                    true => Fault::NumberInRange,
                    false => Fault::WholeNumber,
                }
            }
            "a boolean" => Fault::TrueOrFalse,
            "a sequence" => Fault::List,
            "a formatted UUID string" => Fault::Uuid,
            _ if expected.starts_with("struct ") => Fault::Object,
            _ if expected.starts_with("internally tagged enum ") => Fault::Object,
            _ => Fault::Other,
        };
        (fault, None)
    }

    fn advice(&self, language: Language) -> String {
        let (english, russian) = match self {
            Fault::Missing => ("is missing", "не хватает этого поля"),
            Fault::Twice => ("must occur only once", "укажите один раз"),
            Fault::NoSuchField => (
                "is not a field of this call: leave it out",
                "такого поля нет, не передавайте его",
            ),
            Fault::Text => ("must be text", "нужна строка"),
            Fault::WholeNumber => ("must be a whole number", "нужно целое число"),
            Fault::NumberInRange => (
                "must be a whole number within range",
                "нужно целое число в допустимых пределах",
            ),
            Fault::TrueOrFalse => ("must be true or false", "нужно true или false"),
            Fault::List => ("must be a list", "нужен список"),
            Fault::Object => ("must be a JSON object", "нужен объект JSON"),
            Fault::Uuid => ("must be a UUID", "нужен UUID"),
            Fault::OneOf(names) => {
                return match language {
                    Language::En => format!("must be one of {names}"),
                    Language::Ru => format!("нужно одно из значений {names}"),
                };
            }
            Fault::Other => (
                "does not fit the API description",
                "не соответствует описанию API",
            ),
        };
        match language {
            Language::En => english.to_owned(),
            Language::Ru => russian.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
