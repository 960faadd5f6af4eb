//! What an attempt counts against, named so that nobody can read it back.

use aws_lc_rs::hmac;

use crate::{Limit, Subject};

/// An attempt: the counters that it goes to, each with its limit, and the name of what is guessed.
pub(crate) struct Claim {
    pub counters: Vec<(String, Limit)>,
    pub guess: String,
}

impl Claim {
    pub fn new(key: &hmac::Key, subjects: &[Subject<'_>], guess: &[u8]) -> Claim {
        let counter = |subject: &Subject<'_>| {
            let name = hash(key, subject.kind, subject.name);
            (format!("attempts:{}:{name}", subject.kind), subject.limit)
        };
        Claim {
            counters: subjects.iter().map(counter).collect(),
            guess: hash(key, "guess", guess),
        }
    }
}

/// Half of an HMAC-SHA256, in hexadecimal. There are few addresses and short codes: without the key, any hash of theirs
/// could be looked up.
fn hash(key: &hmac::Key, kind: &str, name: &[u8]) -> String {
    let mut context = hmac::Context::with_key(key);
    context.update(kind.as_bytes());
    context.update(&[0]);
    context.update(name);
    let tag = context.sign();
    let half = tag.as_ref().iter().take(16);
    half.map(|byte| format!("{byte:02x}")).collect()
}
