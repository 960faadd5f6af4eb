//! Tombstones: what is left of the e-mail address of a deleted account.

use aws_lc_rs::hmac;
use runtime::ConfigError;

/// The key of the tombstones' hashes (HMAC-SHA256): without it an address can't be looked for by guessing.
#[derive(Clone)]
pub struct TombstoneKey(hmac::Key);

impl TombstoneKey {
    /// The key in `TOMBSTONE_KEY`.
    ///
    /// # Errors
    /// When it is missing or is not 32 bytes in base64.
    pub fn from_env() -> Result<TombstoneKey, ConfigError> {
        Ok(TombstoneKey::new(&*runtime::key("TOMBSTONE_KEY")?))
    }

    /// The key of these bytes.
    pub fn new(bytes: &[u8; 32]) -> TombstoneKey {
        TombstoneKey(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    /// The tombstone of the address whose unique form is `email_key`.
    pub fn hash(&self, email_key: &str) -> [u8; 32] {
        let mut hash = [0; 32];
        hash.copy_from_slice(hmac::sign(&self.0, email_key.as_bytes()).as_ref());
        hash
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tombstone_depends_on_address_and_key() {
        let key = TombstoneKey::new(&[1; 32]);
        assert_eq!(key.hash("a@example.com"), key.hash("a@example.com"));
        assert_ne!(key.hash("a@example.com"), key.hash("b@example.com"));
        let other = TombstoneKey::new(&[2; 32]);
        assert_ne!(key.hash("a@example.com"), other.hash("a@example.com"));
    }
}
