//! The keys of access tokens as settings, and how one follows another.
//!
//! Functions read their settings when they start, and not all start at once. So each step changes what some of them can
//! do without before any other needs it; a step is over when no function runs with what was before it.

use std::collections::BTreeMap;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::jwks::Jwks;

const SIGNING_KEY: &str = "JWT_SIGNING_KEY";
const KEY_ID: &str = "JWT_KEY_ID";
const JWKS: &str = "JWT_JWKS";
const NEXT_SIGNING_KEY: &str = "JWT_NEXT_SIGNING_KEY";
const NEXT_KEY_ID: &str = "JWT_NEXT_KEY_ID";

/// Settings by name: `JWT_SIGNING_KEY`, `JWT_KEY_ID` and `JWT_JWKS`, between two steps `JWT_NEXT_SIGNING_KEY` and
/// `JWT_NEXT_KEY_ID`, and others, which stay as they are.
pub type Settings = BTreeMap<String, String>;

/// Why a step can't be taken. Quotes no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeysError {
    /// `JWT_JWKS` is missing or no set of keys.
    #[error("JWT_JWKS is not valid: {0}")]
    Jwks(&'static str),
    /// A rotation has begun.
    #[error("a rotation is under way: finish it with `switch` and `retire`")]
    UnderWay,
    /// There is no next key.
    #[error("there is no next key: begin with `add`")]
    NoNext,
    /// The next key is not used yet, or there is but one.
    #[error("there is no old key to retire: `add` and `switch` come before")]
    NothingOld,
    /// The key's name is taken.
    #[error("there is a key of this name already")]
    SameName,
    /// The system has no randomness.
    #[error("no new key could be made")]
    NoKey,
}

/// Makes the first key, named `kid`.
///
/// # Errors
/// [`KeysError::NoKey`].
pub fn first(settings: &mut Settings, kid: &str) -> Result<(), KeysError> {
    let (private, public) = generate()?;
    set(settings, SIGNING_KEY, private);
    set(settings, KEY_ID, kid.to_owned());
    set(settings, JWKS, Jwks::of(kid, &public).json().to_string());
    Ok(())
}

/// The first step: makes the next key, named `kid`, and publishes it. It signs nothing yet: by the time it does, every
/// function has to know it.
///
/// # Errors
/// When a rotation is under way, or the name is taken.
pub fn add(settings: &mut Settings, kid: &str) -> Result<(), KeysError> {
    let jwks = jwks(settings)?;
    if settings.contains_key(NEXT_SIGNING_KEY) || jwks.keys().len() > 1 {
        return Err(KeysError::UnderWay);
    }
    if jwks.keys().iter().any(|key| key.kid == kid) {
        return Err(KeysError::SameName);
    }
    let (private, public) = generate()?;
    set(settings, NEXT_SIGNING_KEY, private);
    set(settings, NEXT_KEY_ID, kid.to_owned());
    set(settings, JWKS, jwks.with(kid, &public).json().to_string());
    Ok(())
}

/// The second step: the next key signs from now on. The old one stays published, for the tokens that it signed.
///
/// # Errors
/// When there is no next key.
pub fn switch(settings: &mut Settings) -> Result<(), KeysError> {
    let next = settings.remove(NEXT_SIGNING_KEY);
    let next = next.zip(settings.remove(NEXT_KEY_ID));
    let (private, kid) = next.ok_or(KeysError::NoNext)?;
    set(settings, SIGNING_KEY, private);
    set(settings, KEY_ID, kid);
    Ok(())
}

/// The last step, once no token of the old key is good any more: [`ACCESS_TTL`](crate::ACCESS_TTL) and
/// [`LEEWAY`](crate::LEEWAY) after nothing signs with it. Only the key that signs stays published.
///
/// # Errors
/// When there is no old key.
pub fn retire(settings: &mut Settings) -> Result<(), KeysError> {
    let jwks = jwks(settings)?;
    if settings.contains_key(NEXT_SIGNING_KEY) || jwks.keys().len() < 2 {
        return Err(KeysError::NothingOld);
    }
    let kid = settings.get(KEY_ID).map(String::as_str).unwrap_or_default();
    let current = jwks.keys().iter().find(|key| key.kid == kid);
    let current = current.ok_or(KeysError::Jwks("it lacks the key that signs"))?;
    let left = Jwks::of(kid, &current.x).json().to_string();
    set(settings, JWKS, left);
    Ok(())
}

fn set(settings: &mut Settings, name: &str, value: String) {
    settings.insert(name.to_owned(), value);
}

fn jwks(settings: &Settings) -> Result<Jwks, KeysError> {
    let text = settings.get(JWKS).map(String::as_str).unwrap_or_default();
    Jwks::parse(text).map_err(KeysError::Jwks)
}

/// An Ed25519 key: PKCS#8 DER in base64, and its public part in base64url.
fn generate() -> Result<(String, String), KeysError> {
    let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new());
    let document = document.map_err(|_| KeysError::NoKey)?;
    let pair = Ed25519KeyPair::from_pkcs8(document.as_ref()).map_err(|_| KeysError::NoKey)?;
    let public = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
    Ok((STANDARD.encode(document.as_ref()), public))
}

#[cfg(test)]
mod tests {
    use domain::Role;
    use jiff::Timestamp;
    use uuid::Uuid;

    use super::*;
    use crate::{Issuer, Verifier};

    fn issuer(settings: &Settings) -> Issuer {
        let der = STANDARD.decode(&settings[SIGNING_KEY]).unwrap();
        Issuer::new(&der, settings[KEY_ID].clone()).unwrap()
    }

    /// Whether a function with the settings `there` takes a token of one with the settings `here`.
    fn understood(here: &Settings, there: &Settings) -> bool {
        let now = Timestamp::UNIX_EPOCH;
        let token = issuer(here).issue(Uuid::nil(), Uuid::nil(), Role::User, now);
        let verifier = Verifier::new(&jwks(there).unwrap()).unwrap();
        verifier.verify(&token.unwrap(), now).is_ok()
    }

    fn after(
        before: &Settings,
        step: impl FnOnce(&mut Settings) -> Result<(), KeysError>,
    ) -> Settings {
        let mut settings = before.clone();
        step(&mut settings).unwrap();
        settings
    }

    #[test]
    fn keys_one_rotation_step_apart_are_compatible() {
        let first = after(&Settings::from([("OTHER".into(), "x".into())]), |s| {
            first(s, "a")
        });
        let added = after(&first, |s| add(s, "b"));
        let switched = after(&added, switch);
        let retired = after(&switched, retire);
        for pair in [&first, &added, &switched].windows(2) {
            assert!(understood(pair[0], pair[1]) && understood(pair[1], pair[0]));
        }
        assert!(understood(&switched, &retired) && understood(&retired, &switched));
        assert!(!understood(&added, &retired), "the old key's time is over");
        assert!(!understood(&retired, &first));
        assert_eq!(
            retired.keys().collect::<Vec<_>>(),
            first.keys().collect::<Vec<_>>()
        );
        assert_eq!(retired["OTHER"], "x");
        after(&retired, |s| add(s, "c"));
    }

    #[test]
    fn rotation_steps_keep_their_order() {
        let mut settings = Settings::new();
        assert!(matches!(add(&mut settings, "a"), Err(KeysError::Jwks(_))));
        first(&mut settings, "a").unwrap();
        assert_eq!(switch(&mut settings), Err(KeysError::NoNext));
        assert_eq!(retire(&mut settings), Err(KeysError::NothingOld));
        assert_eq!(add(&mut settings, "a"), Err(KeysError::SameName));
        add(&mut settings, "b").unwrap();
        assert_eq!(add(&mut settings, "c"), Err(KeysError::UnderWay));
        assert_eq!(retire(&mut settings), Err(KeysError::NothingOld));
        switch(&mut settings).unwrap();
        assert_eq!(add(&mut settings, "c"), Err(KeysError::UnderWay));
        assert_eq!(switch(&mut settings), Err(KeysError::NoNext));
    }
}
