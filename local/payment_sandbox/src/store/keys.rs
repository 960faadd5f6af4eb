//! Idempotence keys.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::ApiError;
use crate::script::Script;

/// How long the API remembers an idempotence key.
const LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// What a changing request comes with.
#[derive(Clone, Copy)]
pub(crate) struct Request<'a> {
    pub(crate) key: &'a str,
    /// All of the request, so that another one under the same key is noticed.
    pub(crate) text: &'a str,
    pub(crate) now: Timestamp,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Keys {
    used: HashMap<String, KeyUse>,
    /// How often a script has failed a key's requests.
    failed: HashMap<String, u64>,
}

/// A use of an idempotence key.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct KeyUse {
    request: String,
    /// The payment or the refund that it led to.
    object: Uuid,
    at: Timestamp,
}

impl Keys {
    /// What the same request under the same key has led to.
    pub(super) fn earlier(&self, request: Request) -> Result<Option<Uuid>, ApiError> {
        match self.used.get(request.key) {
            Some(used) if request.now.duration_since(used.at) >= LIFETIME => Ok(None),
            Some(used) if used.request != request.text => Err(ApiError::KEY_REUSED),
            Some(used) => Ok(Some(used.object)),
            None => Ok(None),
        }
    }

    pub(super) fn remember(&mut self, request: Request, object: Uuid) {
        let used = KeyUse {
            request: request.text.to_owned(),
            object,
            at: request.now,
        };
        self.used.insert(request.key.to_owned(), used);
    }

    /// Fails the request if the script wants that.
    pub(super) fn fail(&mut self, key: &str, script: &Script) -> Result<(), ApiError> {
        let error = match self.failed.get(key).copied().unwrap_or_default() {
            done if done < script.failures => ApiError::FAILURE,
            done if done < script.failures.saturating_add(script.throttles) => ApiError::THROTTLED,
            _ => return Ok(()),
        };
        *self.failed.entry(key.to_owned()).or_default() += 1;
        Err(error)
    }
}
