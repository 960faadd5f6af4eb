//! Tombstones: what is left of the e-mail address of a deleted account.

use aws_lc_rs::hmac;
use domain::MailboxRules;
use runtime::ConfigError;

/// The key of the tombstones' hashes (HMAC-SHA256): without it an address can't be looked for by guessing. And the
/// rules by which spellings of one mailbox have one tombstone.
#[derive(Clone)]
pub struct TombstoneKey {
    key: hmac::Key,
    rules: MailboxRules,
}

impl TombstoneKey {
    /// The key in `TOMBSTONE_KEY`, with the rules in `MAILBOX_RULES` if that is set.
    ///
    /// # Errors
    /// When the key is missing or is not 32 bytes in base64, or the rules are not valid.
    pub fn from_env() -> Result<TombstoneKey, ConfigError> {
        let key = TombstoneKey::new(&*runtime::key("TOMBSTONE_KEY")?);
        let rules = runtime::parsed_or("MAILBOX_RULES", MailboxRules::default())?;
        Ok(TombstoneKey { rules, ..key })
    }

    /// The key of these bytes, with the default rules.
    pub fn new(bytes: &[u8; 32]) -> TombstoneKey {
        TombstoneKey {
            key: hmac::Key::new(hmac::HMAC_SHA256, bytes),
            rules: MailboxRules::default(),
        }
    }

    /// The tombstone of the mailbox of the address whose unique form is `email_key`.
    pub fn hash(&self, email_key: &str) -> [u8; 32] {
        let mut hash = [0; 32];
        let mailbox = self.rules.mailbox(email_key);
        hash.copy_from_slice(hmac::sign(&self.key, mailbox.as_bytes()).as_ref());
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
        assert_eq!(key.hash("a.b+1@gmail.com"), key.hash("ab@googlemail.com"));
        let other = TombstoneKey::new(&[2; 32]);
        assert_ne!(key.hash("a@example.com"), other.hash("a@example.com"));
    }
}
