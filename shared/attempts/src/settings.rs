//! Limits as the environment configures them.

use std::num::NonZeroU32;
use std::time::Duration;

use runtime::{ConfigError, parsed_or};

use crate::Limit;

/// The limit that `misses` sets within the window that `seconds` sets, each with its default; all above zero.
///
/// # Errors
/// When one of them is not valid.
pub(crate) fn limit(
    (misses, default): (&'static str, NonZeroU32),
    (seconds, length): (&'static str, NonZeroU32),
) -> Result<Limit, ConfigError> {
    let length = parsed_or(seconds, length)?;
    Ok(Limit {
        misses: parsed_or(misses, default)?,
        window: Duration::from_secs(length.get().into()),
    })
}
