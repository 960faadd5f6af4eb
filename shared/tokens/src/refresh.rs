//! Refresh tokens: opaque to their holder, and the successor of each can be worked out again from the key alone.

use std::fmt;

use aws_lc_rs::{digest, hmac};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::SignedDuration;
use runtime::ConfigError;
use uuid::Uuid;

/// How long a refresh token is good; each rotation restarts it.
pub const REFRESH_TTL: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How long a session lasts from its login, however often it is renewed.
pub const SESSION_LIFETIME: SignedDuration = SignedDuration::from_hours(180 * 24);

const SESSION: usize = 16;
const BODY: usize = SESSION + 4;
const TOKEN: usize = BODY + 32;
/// Keeps these MACs apart from any other use of the key.
const PURPOSE: &[u8] = b"refresh";

/// The key that makes refresh tokens unforgeable (HMAC-SHA256).
#[derive(Clone)]
pub struct RefreshKey(hmac::Key);

/// A refresh token on its way to its holder. Secret: its `Debug` says nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken(String);

/// What an authentic refresh token says. Whether it is still good is for the database to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefreshClaims {
    /// The session.
    pub sid: Uuid,
    /// How many rotations came before it.
    pub generation: u32,
}

/// A text that this key made no refresh token of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a refresh token")]
pub struct NotARefreshToken;

impl RefreshKey {
    /// The key in `REFRESH_TOKEN_KEY`.
    ///
    /// # Errors
    /// When it is missing or is not 32 bytes in base64.
    pub fn from_env() -> Result<RefreshKey, ConfigError> {
        Ok(RefreshKey::new(&*runtime::key("REFRESH_TOKEN_KEY")?))
    }

    /// The key of these bytes.
    pub fn new(bytes: &[u8; 32]) -> RefreshKey {
        RefreshKey(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    /// The one token of session `sid` at `generation`.
    pub fn issue(&self, sid: Uuid, generation: u32) -> RefreshToken {
        let mut token = [0; TOKEN];
        let (body, mac) = token.split_at_mut(BODY);
        body[..SESSION].copy_from_slice(sid.as_bytes());
        body[SESSION..].copy_from_slice(&generation.to_be_bytes());
        mac.copy_from_slice(hmac::sign(&self.0, &signed(body)).as_ref());
        RefreshToken(URL_SAFE_NO_PAD.encode(token))
    }

    /// Reads a token that this key made.
    ///
    /// # Errors
    /// [`NotARefreshToken`] for anything else.
    pub fn parse(&self, text: &str) -> Result<RefreshClaims, NotARefreshToken> {
        let mut token = [0; TOKEN];
        let length = URL_SAFE_NO_PAD
            .decode_slice(text, &mut token)
            .map_err(|_| NotARefreshToken)?;
        if length != TOKEN {
            return Err(NotARefreshToken);
        }
        let (body, mac) = token.split_at(BODY);
        // In constant time: how much of a guess was right must not show.
        hmac::verify(&self.0, &signed(body), mac).map_err(|_| NotARefreshToken)?;
        let (sid, generation) = body.split_at(SESSION);
        Ok(RefreshClaims {
            sid: Uuid::from_slice(sid).map_err(|_| NotARefreshToken)?,
            generation: u32::from_be_bytes(generation.try_into().map_err(|_| NotARefreshToken)?),
        })
    }
}

fn signed(body: &[u8]) -> Vec<u8> {
    [PURPOSE, body].concat()
}

impl RefreshToken {
    /// The text for its holder.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the database keeps of it: SHA-256.
    pub fn hash(&self) -> [u8; 32] {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest::digest(&digest::SHA256, self.0.as_bytes()).as_ref());
        hash
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn refresh_token_round_trips(key: [u8; 32], sid: u128, generation: u32) {
            let (key, sid) = (RefreshKey::new(&key), Uuid::from_u128(sid));
            let token = key.issue(sid, generation);
            prop_assert_eq!(key.parse(token.as_str()), Ok(RefreshClaims { sid, generation }));
            prop_assert_eq!(key.issue(sid, generation), token);
        }

        #[test]
        fn changed_token_is_refused(sid: u128, generation: u32, byte in 0..TOKEN, flip in 1..=255_u8) {
            let key = RefreshKey::new(&[7; 32]);
            let token = key.issue(Uuid::from_u128(sid), generation);
            let mut bytes = URL_SAFE_NO_PAD.decode(token.as_str()).unwrap();
            bytes[byte] ^= flip;
            prop_assert_eq!(key.parse(&URL_SAFE_NO_PAD.encode(bytes)), Err(NotARefreshToken));
        }

        #[test]
        fn token_of_wrong_length_is_refused(sid: u128, cut in 0..70_usize, more in "[A-Za-z0-9_=-]{1,40}") {
            let key = RefreshKey::new(&[7; 32]);
            let token = key.issue(Uuid::from_u128(sid), 1);
            prop_assert_eq!(token.as_str().len(), 70);
            prop_assert_eq!(key.parse(&token.as_str()[..cut]), Err(NotARefreshToken));
            let longer = format!("{}{more}", token.as_str());
            prop_assert_eq!(key.parse(&longer), Err(NotARefreshToken));
        }

        #[test]
        fn token_of_another_key_is_refused(other: [u8; 32], sid: u128) {
            prop_assume!(other != [7; 32]);
            let token = RefreshKey::new(&other).issue(Uuid::from_u128(sid), 0);
            prop_assert_eq!(RefreshKey::new(&[7; 32]).parse(token.as_str()), Err(NotARefreshToken));
        }

        #[test]
        fn arbitrary_text_is_refused(text in any::<String>()) {
            prop_assert_eq!(RefreshKey::new(&[7; 32]).parse(&text), Err(NotARefreshToken));
        }
    }
}
