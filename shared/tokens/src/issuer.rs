//! Signs access tokens.

use std::sync::Arc;

use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::Role;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use runtime::ConfigError;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::access::{ACCESS_TTL, AUDIENCE, Claims, ISSUER, TYPE};

/// The holder of the private key; clones share it.
#[derive(Clone)]
pub struct Issuer(Arc<Signing>);

struct Signing {
    header: Header,
    key: EncodingKey,
}

/// A token that could not be signed: a bug, since the key was checked at the start.
#[derive(Debug, thiserror::Error)]
#[error("the access token could not be signed")]
pub struct SigningError;

impl Issuer {
    /// The issuer with the key in `JWT_SIGNING_KEY`, named `JWT_KEY_ID`.
    ///
    /// # Errors
    /// When either is missing or the key is no Ed25519 key.
    pub fn from_env() -> Result<Issuer, ConfigError> {
        const KEY: &str = "JWT_SIGNING_KEY";
        let text = Zeroizing::new(runtime::required(
            KEY,
            "an Ed25519 private key, PKCS#8 DER in base64",
        )?);
        let kid = runtime::required("JWT_KEY_ID", "the kid of JWT_SIGNING_KEY in JWT_JWKS")?;
        STANDARD
            .decode(text.trim())
            .ok()
            .map(Zeroizing::new)
            .and_then(|der| Issuer::new(&der, kid))
            .ok_or_else(|| {
                ConfigError::Invalid(KEY, "not an Ed25519 key in PKCS#8 DER, base64".to_owned())
            })
    }

    /// The issuer with a PKCS#8 DER Ed25519 key, named `kid`; `None` when the key is something else.
    pub fn new(pkcs8: &[u8], kid: String) -> Option<Issuer> {
        Ed25519KeyPair::from_pkcs8(pkcs8).ok()?;
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(kid);
        Some(Issuer(Arc::new(Signing {
            header,
            key: EncodingKey::from_ed_der(pkcs8),
        })))
    }

    /// An access token for `user` in session `sid`, good for [`ACCESS_TTL`] from `now`.
    ///
    /// # Errors
    /// [`SigningError`], a bug.
    pub fn issue(
        &self,
        user: Uuid,
        sid: Uuid,
        role: Role,
        now: Timestamp,
    ) -> Result<String, SigningError> {
        let claims = Claims {
            sub: user,
            sid,
            role,
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            iat: now.as_second(),
            exp: now.as_second() + ACCESS_TTL.as_secs(),
        };
        jsonwebtoken::encode(&self.0.header, &claims, &self.0.key).map_err(|_| SigningError)
    }
}
