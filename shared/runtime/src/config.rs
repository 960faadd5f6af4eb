//! Configuration comes from environment variables alone.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// A setting that is missing or makes no sense. The value itself is never shown: it may be a secret.
#[derive(thiserror::Error, PartialEq, Eq)]
pub enum ConfigError {
    /// The variable is not set.
    #[error("the environment variable {0} is not set: {1}")]
    Missing(&'static str, &'static str),
    /// The variable is set to something unusable.
    #[error("the environment variable {0} is not valid: {1}")]
    Invalid(&'static str, String),
}

/// What a `main` that fails prints is this form: it is for people, too.
impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The value of `name`; `purpose` tells the reader of the error what to put there.
///
/// # Errors
/// [`ConfigError::Missing`] when it is unset or empty.
pub fn required(name: &'static str, purpose: &'static str) -> Result<String, ConfigError> {
    optional(name).ok_or(ConfigError::Missing(name, purpose))
}

/// The 32 random bytes that `name` holds in base64: a key. Wiped from memory when dropped.
///
/// # Errors
/// When it is missing, or is not 32 bytes in base64.
pub fn key(name: &'static str) -> Result<Zeroizing<[u8; 32]>, ConfigError> {
    let text = Zeroizing::new(required(name, "32 random bytes in base64")?);
    let bytes = Zeroizing::new(STANDARD.decode(text.trim()).unwrap_or_default());
    <[u8; 32]>::try_from(bytes.as_slice())
        .map(Zeroizing::new)
        .map_err(|_| ConfigError::Invalid(name, "not 32 bytes in base64".to_owned()))
}

thread_local! {
    static RECORD: RefCell<Option<BTreeSet<String>>> = const { RefCell::new(None) };
}

/// What `read` returns, and the names of the environment variables that it reads on this thread: so that a deployment can
/// be compared with what a program asks for.
pub fn recording<T>(read: impl FnOnce() -> T) -> (T, BTreeSet<String>) {
    RECORD.set(Some(BTreeSet::new()));
    let value = read();
    (value, RECORD.take().unwrap_or_default())
}

/// The value of `name`, unless it is unset or empty.
pub fn optional(name: &str) -> Option<String> {
    RECORD.with_borrow_mut(|record| {
        if let Some(record) = record {
            record.insert(name.to_owned());
        }
    });
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The parsed value of `name`, or `default` when it is unset.
///
/// # Errors
/// [`ConfigError::Invalid`] when it is set and does not parse.
pub fn parsed_or<T: FromStr>(name: &'static str, default: T) -> Result<T, ConfigError>
where
    T::Err: std::fmt::Display,
{
    match optional(name) {
        None => Ok(default),
        Some(text) => text
            .parse()
            .map_err(|error: T::Err| ConfigError::Invalid(name, error.to_string())),
    }
}
