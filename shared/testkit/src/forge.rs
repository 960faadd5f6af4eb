//! Access tokens that the service never issued.

use aws_lc_rs::hmac;
use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use domain::Random;
use runtime::OsRandom;
use serde_json::{Value, json};
use tokens::{AUDIENCE, ISSUER};
use uuid::Uuid;

use crate::{Settings, now};

/// Makes tokens, with the service's own key or another.
pub struct Forge {
    key: Ed25519KeyPair,
    kid: String,
    jwks: String,
}

impl Forge {
    pub(crate) fn new(settings: &Settings) -> Forge {
        let der = STANDARD.decode(&settings.jwt_signing_key).unwrap();
        Forge {
            key: Ed25519KeyPair::from_pkcs8(&der).unwrap(),
            kid: settings.jwt_key_id.clone(),
            jwks: settings.jwt_jwks.clone(),
        }
    }

    /// The header of a valid token.
    pub fn header(&self) -> Value {
        json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": self.kid })
    }

    /// The claims of a valid token for `user`.
    pub fn claims(&self, user: Uuid) -> Value {
        let now = now().as_second();
        json!({
            "sub": user, "sid": OsRandom.uuid(), "role": "user", "iss": ISSUER, "aud": AUDIENCE,
            "iat": now, "exp": now + 600,
        })
    }

    /// A token signed with the service's own key.
    pub fn token(&self, header: &Value, claims: &Value) -> String {
        sign(header, claims, |text| self.key.sign(text).as_ref().to_vec())
    }

    /// A valid token for `user`, whose session is in no database.
    pub fn good(&self, user: Uuid) -> String {
        self.token(&self.header(), &self.claims(user))
    }

    /// A token signed with an unknown key.
    pub fn foreign(&self, header: &Value, claims: &Value) -> String {
        let mut seed = [0; 32];
        OsRandom.fill(&mut seed);
        let key = Ed25519KeyPair::from_seed_unchecked(&seed).unwrap();
        sign(header, claims, |text| key.sign(text).as_ref().to_vec())
    }

    /// A token "signed" with the public key as the secret of an HMAC, which verifiers that trust `alg` accept.
    pub fn confused(&self, claims: &Value) -> String {
        let jwks: Value = serde_json::from_str(&self.jwks).unwrap();
        let x = jwks["keys"][0]["x"].as_str().unwrap_or_default();
        let public = URL_SAFE_NO_PAD.decode(x).unwrap();
        let key = hmac::Key::new(hmac::HMAC_SHA256, &public);
        let header = json!({ "alg": "HS256", "typ": "at+jwt", "kid": self.kid });
        sign(&header, claims, |text| {
            hmac::sign(&key, text).as_ref().to_vec()
        })
    }

    /// A token without a signature.
    pub fn unsigned(&self, header: &Value, claims: &Value) -> String {
        sign(header, claims, |_| vec![])
    }
}

fn sign(header: &Value, claims: &Value, signature: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let text = format!(
        "{}.{}",
        encode(header.to_string().as_bytes()),
        encode(claims.to_string().as_bytes())
    );
    let signature = encode(&signature(text.as_bytes()));
    format!("{text}.{signature}")
}
