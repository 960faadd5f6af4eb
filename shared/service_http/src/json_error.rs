//! How a body of JSON differs from what a call takes, in the languages of the answers.
//!
//! Serde says it in English only, as one text, and stops at the first difference. Its phrases are known and few; any other
//! gets a general message. What differs is taken out, and the rest looked at again.

mod place;

use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny, MapAccess, Visitor};
use serde_json::{Deserializer, Map, Value};
use utoipa::PartialSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{Object, Schema};

use self::place::Place;
use crate::nearest::nearest;
use crate::{FieldErrors, Language};

/// More are not looked for: each is another look at the body.
const MOST: usize = 50;

/// So many members of an object are looked at for the one that an error is about.
const MOST_MEMBERS: usize = 10;
/// The member that says what kind of object an object is.
pub(crate) const KIND: &str = "kind";

/// A difference.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BodyError {
    place: Place,
    fault: Fault,
}

#[derive(Debug, PartialEq, Eq)]
enum Fault {
    Missing,
    Twice,
    /// The fields that there are.
    NoSuchField(Vec<String>),
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

/// A body that differs from what a call takes.
#[derive(Debug)]
pub(crate) struct Differences {
    /// Where, and in what way.
    pub errors: Vec<BodyError>,
    /// The body without what differs.
    pub rest: Map<String, Value>,
}

impl Differences {
    /// Why `bytes`, which are a JSON object, can't be a `T`. `None` if they are not JSON all through, as with a number that
    /// is out of every range.
    pub fn of<T: DeserializeOwned + PartialSchema>(bytes: &[u8]) -> Option<Differences> {
        let mut value: Value = serde_json::from_slice(bytes).ok()?;
        let members = value.as_object_mut()?;
        let sent: HashSet<String> = members.keys().cloned().collect();
        let described = described::<T>();
        let mut errors = repeated_members(bytes)?;
        // Inside of objects as well, the first at least.
        let json = &mut Deserializer::from_slice(bytes);
        let first = serde_path_to_error::deserialize::<_, T>(json).err();
        let first = first.map(|error| BodyError::from_json(&error));
        let is_new = |error: &BodyError| {
            error.fault == Fault::Twice && errors.iter().all(|other| other.place != error.place)
        };
        errors.extend(first.filter(is_new));
        for name in lists_for_objects(described.as_ref(), members) {
            members.remove(&name);
            errors.push(BodyError {
                place: Place::field(&name),
                fault: Fault::Object,
            });
        }
        let mut removed = Vec::new();
        while errors.len() < MOST
            && let Some(error) = BodyError::first::<T>(&value)
        {
            let BodyError { mut place, fault } = error.in_member::<T>(&value);
            let sent_at = place.before(&removed);
            // It was named before, or it was taken out, or something in it, and is missing now.
            if !errors.iter().any(|other| other.place.is_in(&sent_at)) {
                errors.push(BodyError {
                    place: sent_at,
                    fault,
                });
            }
            if !place.remove_from(&mut value) {
                place = place.parent();
                if !place.remove_from(&mut value) {
                    break;
                }
            }
            removed.push(place.before(&removed));
        }
        // Serde names the first that is missing.
        for field in described.map(|object| object.required).unwrap_or_default() {
            let place = Place::field(&field);
            if !sent.contains(&field) && errors.iter().all(|error| error.place != place) {
                errors.push(BodyError {
                    place,
                    fault: Fault::Missing,
                });
            }
        }
        let rest = std::mem::take(value.as_object_mut()?);
        Some(Differences { errors, rest })
    }

    /// Names all of them.
    pub fn tell(&self, errors: &mut FieldErrors) {
        for error in &self.errors {
            errors.add(error.place.to_string(), error.advice(errors.language()));
        }
    }
}

/// The members that a JSON object has more than once: a value has each once. `None` if it is none.
fn repeated_members(bytes: &[u8]) -> Option<Vec<BodyError>> {
    let Members(names) = serde_json::from_slice(bytes).ok()?;
    let mut errors: Vec<BodyError> = Vec::new();
    let mut seen = HashSet::new();
    for name in names {
        let again = !seen.insert(name.clone());
        let place = Place::field(&name);
        if again && errors.len() < MOST && errors.iter().all(|error| error.place != place) {
            errors.push(BodyError {
                place,
                fault: Fault::Twice,
            });
        }
    }
    Some(errors)
}

/// Records the members that a JSON object has more than once.
pub(crate) fn tell_repeated_members(bytes: &[u8], errors: &mut FieldErrors) {
    for error in repeated_members(bytes).unwrap_or_default() {
        errors.add(error.place.to_string(), error.advice(errors.language()));
    }
}

/// The description of a body, if it is one of an object.
pub(crate) fn described<T: PartialSchema>() -> Option<Object> {
    match T::schema() {
        RefOr::T(Schema::Object(object)) => Some(object),
        _ => None,
    }
}

/// Whether Serde takes `body` for more than the description does: a list in the place of an object, value by value.
pub(crate) fn has_lists_for_objects<T: PartialSchema>(body: &[u8]) -> bool {
    let members = || serde_json::from_slice::<Map<String, Value>>(body).ok();
    body.contains(&b'[')
        && members().is_some_and(|members| {
            !lists_for_objects(described::<T>().as_ref(), &members).is_empty()
        })
}

/// The members that are lists, where the description has another schema than one of a list.
fn lists_for_objects(described: Option<&Object>, members: &Map<String, Value>) -> Vec<String> {
    let is_other = |name: &str| {
        let schema = described.and_then(|object| object.properties.get(name));
        schema.is_some_and(|schema| match schema {
            RefOr::Ref(_) => true,
            RefOr::T(Schema::OneOf(one)) => {
                one.items.iter().any(|item| matches!(item, RefOr::Ref(_)))
            }
            RefOr::T(_) => false,
        })
    };
    let lists = members.iter().filter(|(_, value)| value.is_array());
    lists
        .filter(|(name, _)| is_other(name))
        .map(|(name, _)| name.clone())
        .collect()
}

/// The names of the members of an object, each as often as it is there.
struct Members(Vec<String>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Members, D::Error> {
        struct Names;

        impl<'de> Visitor<'de> for Names {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut names = Vec::new();
                while let Some((name, IgnoredAny)) = map.next_entry()? {
                    names.push(name);
                }
                Ok(Members(names))
            }
        }
        deserializer.deserialize_map(Names)
    }
}

impl BodyError {
    /// A body that is no object.
    pub fn not_an_object() -> BodyError {
        BodyError {
            place: Place::default(),
            fault: Fault::Object,
        }
    }

    fn first<T: DeserializeOwned>(body: &Value) -> Option<BodyError> {
        let error = serde_path_to_error::deserialize::<_, T>(body).err();
        error.map(|error| BodyError::from_json(&error))
    }

    fn from_json(error: &serde_path_to_error::Error<serde_json::Error>) -> BodyError {
        let inner = error.inner();
        let position = format!(" at line {} column {}", inner.line(), inner.column());
        let text = inner.to_string();
        let text = text.strip_suffix(&position).unwrap_or(&text);
        let (fault, name) = Fault::of(text);
        let mut place = Place::of(error.path());
        // Where a field is not known, the place is that field already.
        if let Some(name) = name.filter(|name| !place.ends_with(name)) {
            place = place.join(name);
        }
        BodyError { place, fault }
    }

    /// The same with the member that it is about: Serde does not say which, where it reads an object twice to learn its kind.
    fn in_member<T: DeserializeOwned>(self, body: &Value) -> BodyError {
        let simple = matches!(
            self.fault,
            Fault::Text
                | Fault::WholeNumber
                | Fault::NumberInRange
                | Fault::TrueOrFalse
                | Fault::List
                | Fault::Uuid
        );
        let members = self.place.value_in(body).and_then(Value::as_object);
        let Some(members) = members.filter(|_| simple) else {
            return self;
        };
        let without = |name: &str| {
            let mut rest = body.clone();
            self.place.clone().join(name).remove_from(&mut rest);
            BodyError::first::<T>(&rest)
        };
        let is_about = |name: &&String| {
            // Without the kind, the error is another one as well; its own come with their place.
            name.as_str() != KIND
                && without(name)
                    .is_none_or(|error| (&error.place, &error.fault) != (&self.place, &self.fault))
        };
        match members.keys().take(MOST_MEMBERS).find(is_about) {
            Some(name) => BodyError {
                place: self.place.clone().join(name),
                fault: self.fault,
            },
            None => self,
        }
    }

    /// What must be put there.
    pub fn advice(&self, language: Language) -> String {
        let advice = self.fault.advice(language);
        let Fault::NoSuchField(known) = &self.fault else {
            return advice;
        };
        let name = self.place.last().unwrap_or_default();
        match (nearest(name, known.iter().map(String::as_str)), language) {
            (None, _) => advice,
            (Some(near), Language::En) => format!("{advice}. Did you mean `{near}`?"),
            (Some(near), Language::Ru) => format!("{advice}. Может быть, `{near}`?"),
        }
    }
}

/// Whether what was found is a whole number that is too large for Serde to call it one.
fn is_whole(found: &str) -> bool {
    let number = found.strip_prefix("invalid type: floating point `");
    let number = number.and_then(|text| text.strip_suffix('`')?.parse::<f64>().ok());
    number.is_some_and(|number| number.fract() == 0.0 && number.abs() > 1e15)
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
            return (Fault::NoSuchField(Vec::new()), Some(field));
        }
        // The last one: what was sent comes before it, and may hold anything.
        let Some((found, expected)) = text.rsplit_once(", expected ") else {
            return (Fault::Other, None);
        };
        if let Some(field) = found.strip_prefix("unknown field `") {
            let known = expected.split('`').skip(1).step_by(2).map(str::to_owned);
            return (Fault::NoSuchField(known.collect()), field.strip_suffix('`'));
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
                match found.starts_with("invalid value") || is_whole(found) {
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
        let names = |names: &[String]| {
            let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            quoted.join(", ")
        };
        let (english, russian) = match self {
            Fault::Missing => (
                "enter a value: the field is required",
                "укажите значение: поле обязательное",
            ),
            Fault::Twice => ("give it only once", "укажите один раз"),
            Fault::NoSuchField(known) if known.is_empty() => (
                "leave it out: there are no fields here",
                "не передавайте: здесь нет полей",
            ),
            Fault::NoSuchField(known) => {
                let known = names(known);
                return match language {
                    Language::En => format!("leave it out: the fields are {known}"),
                    Language::Ru => format!("не передавайте: здесь есть поля {known}"),
                };
            }
            Fault::Text => ("use text", "нужна строка"),
            Fault::WholeNumber => ("use a whole number", "нужно целое число"),
            Fault::NumberInRange => (
                "use a whole number within range",
                "нужно целое число в допустимых пределах",
            ),
            Fault::TrueOrFalse => ("use true or false", "нужно true или false"),
            Fault::List => ("use a list", "нужен список"),
            Fault::Object => ("use a JSON object", "нужен объект JSON"),
            Fault::Uuid => ("use a UUID", "нужен UUID"),
            Fault::OneOf(names) => {
                return match language {
                    Language::En => format!("use one of {names}"),
                    Language::Ru => format!("нужно одно из значений {names}"),
                };
            }
            Fault::Other => (
                "use what the API description says",
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
