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

    /// Whether it is in a list.
    pub fn is_in_list(&self) -> bool {
        self.first_item().is_some()
    }

    fn first_item(&self) -> Option<usize> {
        self.0.iter().position(|step| matches!(step, Step::Item(_)))
    }

    /// Takes it out of the body; of a list, all of it. `false` if it is not there, or is the body itself.
    pub fn remove_from(&self, body: &mut Value) -> bool {
        remove(&self.0[..self.first_item().unwrap_or(self.0.len())], body)
    }

    /// The same for what it is part of.
    pub fn remove_parent_from(&self, body: &mut Value) -> bool {
        let parent = self.0.len().saturating_sub(1);
        remove(&self.0[..parent], body)
    }
}

fn remove(steps: &[Step], body: &mut Value) -> bool {
    let Some((Step::Member(name), above)) = steps.split_last() else {
        return false;
    };
    let inside = above.iter().try_fold(body, |value, step| match step {
        Step::Member(name) => value.get_mut(name),
        Step::Item(index) => value.get_mut(index),
    });
    let members = inside.and_then(Value::as_object_mut);
    members.is_some_and(|members| members.remove(name).is_some())
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
