//! A place in a body of JSON.

use std::fmt;

use serde_json::Value;
use serde_path_to_error::{Path, Segment};

/// The longest name that is repeated in an answer, in characters.
const MAX_NAME: usize = 100;

/// Where something is in a body, such as `effect.price` or `tariffs[1]`; by default the body itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Place(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Member(String),
    Item(usize),
}

impl Place {
    /// A field of the body itself.
    pub fn field(name: &str) -> Place {
        Place(vec![Step::Member(name.to_owned())])
    }

    pub fn of(path: &Path) -> Place {
        let step = |segment: &Segment| match segment {
            Segment::Map { key } => Some(Step::Member(key.clone())),
            Segment::Enum { variant } => Some(Step::Member(variant.clone())),
            Segment::Seq { index } => Some(Step::Item(*index)),
            Segment::Unknown => None,
        };
        Place(path.iter().filter_map(step).collect())
    }

    pub fn join(mut self, name: &str) -> Place {
        self.0.push(Step::Member(name.to_owned()));
        self
    }

    /// The name of the last member.
    pub fn last(&self) -> Option<&str> {
        match self.0.last()? {
            Step::Member(name) => Some(name),
            Step::Item(_) => None,
        }
    }

    /// Whether it is `other`, or in it.
    pub fn is_in(&self, other: &Place) -> bool {
        self.0.starts_with(&other.0)
    }

    pub fn ends_with(&self, name: &str) -> bool {
        self.last() == Some(name)
    }

    /// What is there.
    pub fn value_in<'a>(&self, body: &'a Value) -> Option<&'a Value> {
        self.0.iter().try_fold(body, |value, step| match step {
            Step::Member(name) => value.get(name),
            Step::Item(index) => value.get(index),
        })
    }

    /// What it is part of; the body for the body itself.
    pub fn parent(&self) -> Place {
        Place(self.0[..self.0.len().saturating_sub(1)].to_vec())
    }

    /// Takes it out of the body. `false` if it is not there, or is the body itself.
    pub fn remove_from(&self, body: &mut Value) -> bool {
        let Some((last, above)) = self.0.split_last() else {
            return false;
        };
        let inside = above.iter().try_fold(body, |value, step| match step {
            Step::Member(name) => value.get_mut(name),
            Step::Item(index) => value.get_mut(index),
        });
        match (inside, last) {
            (Some(Value::Object(members)), Step::Member(name)) => members.remove(name).is_some(),
            (Some(Value::Array(items)), Step::Item(index)) if *index < items.len() => {
                items.remove(*index);
                true
            }
            _ => false,
        }
    }

    /// The place that it had before those in `removed`, which are such places themselves, were taken out: the items that
    /// follow one in a list have moved up.
    pub fn before(&self, removed: &[Place]) -> Place {
        let mut place = Place::default();
        for step in &self.0 {
            let step = match step {
                Step::Item(index) => {
                    let mut gone: Vec<usize> = removed
                        .iter()
                        .filter_map(|other| other.item_of(&place))
                        .collect();
                    gone.sort_unstable();
                    let moved = |index, gone| if gone <= index { index + 1 } else { index };
                    Step::Item(gone.into_iter().fold(*index, moved))
                }
                member => member.clone(),
            };
            place.0.push(step);
        }
        place
    }

    /// Its number in `list`, if it is an item of that.
    fn item_of(&self, list: &Place) -> Option<usize> {
        match self.0.split_last()? {
            (Step::Item(index), above) if above == list.0 => Some(*index),
            _ => None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("body");
        }
        for (nth, step) in self.0.iter().enumerate() {
            match step {
                Step::Member(name) => {
                    let name: String = name.chars().take(MAX_NAME).collect();
                    write!(f, "{}{name}", if nth == 0 { "" } else { "." })?;
                }
                Step::Item(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}
