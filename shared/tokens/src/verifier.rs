//! Checks access tokens.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use runtime::ConfigError;
use serde::Deserialize;

use crate::access::{AUDIENCE, Claims, ISSUER, LEEWAY, TYPE};
use crate::jwks::Jwks;

/// Checks access tokens with the public keys alone. Clones share the keys.
#[derive(Clone)]
pub struct Verifier {
    keys: Arc<HashMap<String, DecodingKey>>,
    validation: Arc<Validation>,
}

/// Why a token is no good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// It was good once: a new one is to be had for the refresh token.
    #[error("the access token has expired")]
    Expired,
    /// It was never good here.
    #[error("the access token is not valid")]
    Invalid,
}

#[derive(Deserialize)]
struct Received {
    #[serde(flatten)]
    claims: Claims,
    nbf: Option<i64>,
}

impl Verifier {
    /// The verifier with the keys in `JWT_JWKS`.
    ///
    /// # Errors
    /// When the variable is missing or holds no set of Ed25519 public keys.
    pub fn from_env() -> Result<Verifier, ConfigError> {
        Verifier::new(&Jwks::from_env()?)
            .map_err(|_| ConfigError::Invalid("JWT_JWKS", "a key is not base64url".to_owned()))
    }

    /// The verifier with the keys of `jwks`.
    ///
    /// # Errors
    /// When a key is not base64url.
    pub fn new(jwks: &Jwks) -> Result<Verifier, jsonwebtoken::errors::Error> {
        let mut keys = HashMap::new();
        for key in jwks.keys() {
            keys.insert(key.kid.clone(), DecodingKey::from_ed_components(&key.x)?);
        }
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        // Its idea of the time comes from the machine: ours comes from the caller.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Ok(Verifier {
            keys: Arc::new(keys),
            validation: Arc::new(validation),
        })
    }

    /// The claims of `token` if it is good at `now`. Says nothing about a session revoked since.
    ///
    /// # Errors
    /// [`VerifyError::Expired`] only for a token that is right in all else.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, VerifyError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| VerifyError::Invalid)?;
        // RFC 7515 §4.1.11: extensions that are not understood make a token invalid; none is understood here.
        if header.crit.is_some() || header.typ.as_deref() != Some(TYPE) {
            return Err(VerifyError::Invalid);
        }
        let key = header
            .kid
            .and_then(|kid| self.keys.get(&kid))
            .ok_or(VerifyError::Invalid)?;
        let Received { claims, nbf } = jsonwebtoken::decode(token, key, &self.validation)
            .map_err(|_| VerifyError::Invalid)?
            .claims;
        let now = now.as_second();
        let leeway = LEEWAY.as_secs();
        if nbf.is_some_and(|nbf| nbf > now.saturating_add(leeway)) {
            return Err(VerifyError::Invalid);
        }
        if claims.exp.saturating_add(leeway) <= now {
            return Err(VerifyError::Expired);
        }
        Ok(claims)
    }
}
