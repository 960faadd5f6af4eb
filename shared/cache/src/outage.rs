//! One log line for an outage, not one for every request in it.

use std::sync::atomic::{AtomicBool, Ordering};

use redis::RedisResult;

/// Remembers whether Redis was away at the last call, for one use that is made of it.
#[derive(Debug, Default)]
pub struct Outage(AtomicBool);

impl Outage {
    /// The value of an answer. Logs when an outage begins, with what follows from it, and when it ends.
    pub fn watch<T>(&self, answer: RedisResult<T>, consequence: &str) -> Option<T> {
        match answer {
            Ok(value) => {
                if self.0.swap(false, Ordering::Relaxed) {
                    tracing::info!("Redis answers again");
                }
                Some(value)
            }
            Err(error) => {
                if !self.0.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%error, consequence, "Redis does not answer");
                }
                None
            }
        }
    }
}
