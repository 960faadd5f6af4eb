//! The public keys: two are live while keys are being rotated.

use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use runtime::ConfigError;
use serde::{Deserialize, Serialize};
use serde_json::Value;

const NAME: &str = "JWT_JWKS";

/// A set of Ed25519 public keys (RFC 7517, RFC 8037).
#[derive(Debug, Clone)]
pub struct Jwks(Vec<PublicKey>);

/// One key, as it is read. Only what is named here is ever served, so a private part pasted by mistake is refused, not shown.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct PublicKey {
    kty: String,
    crv: String,
    pub(crate) kid: String,
    /// The key itself: 32 bytes, base64url.
    pub(crate) x: String,
    #[serde(default)]
    d: Option<serde::de::IgnoredAny>,
}

#[derive(Serialize)]
struct PublicKeyOut<'a> {
    kty: &'a str,
    crv: &'a str,
    r#use: &'a str,
    alg: &'a str,
    kid: &'a str,
    x: &'a str,
}

impl Jwks {
    /// The keys in `JWT_JWKS`.
    ///
    /// # Errors
    /// When it is missing or is no set of Ed25519 public keys, each with a `kid` of its own.
    pub fn from_env() -> Result<Jwks, ConfigError> {
        let text = runtime::required(NAME, "the public keys, a JWK set in JSON")?;
        Jwks::parse(&text).map_err(|reason| ConfigError::Invalid(NAME, reason.to_owned()))
    }

    /// Parses a JWK set.
    ///
    /// # Errors
    /// A reason that quotes nothing of the set.
    pub fn parse(text: &str) -> Result<Jwks, &'static str> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<PublicKey>,
        }
        let set: Set = serde_json::from_str(text)
            .map_err(|_| "not a JWK set whose keys have kty, crv, kid and x")?;
        if set.keys.is_empty() {
            return Err("the set holds no key");
        }
        let mut kids = HashSet::new();
        for key in &set.keys {
            if key.d.is_some() {
                return Err("it holds a private key: keep only the public part");
            }
            if key.kty != "OKP" || key.crv != "Ed25519" {
                return Err("only Ed25519 keys (kty OKP, crv Ed25519) are used");
            }
            if !URL_SAFE_NO_PAD
                .decode(&key.x)
                .is_ok_and(|bytes| bytes.len() == 32)
            {
                return Err("x is not 32 bytes in base64url without padding");
            }
            if !kids.insert(key.kid.as_str()) {
                return Err("two keys have the same kid");
            }
        }
        Ok(Jwks(set.keys))
    }

    /// The set of one key, `x` in base64url.
    pub(crate) fn of(kid: &str, x: &str) -> Jwks {
        Jwks(vec![]).with(kid, x)
    }

    /// This set and one more key.
    pub(crate) fn with(mut self, kid: &str, x: &str) -> Jwks {
        self.0.push(PublicKey {
            kty: "OKP".to_owned(),
            crv: "Ed25519".to_owned(),
            kid: kid.to_owned(),
            x: x.to_owned(),
            d: None,
        });
        self
    }

    /// The JWK set to publish.
    pub fn json(&self) -> Value {
        let keys: Vec<_> = self
            .0
            .iter()
            .map(|key| PublicKeyOut {
                kty: "OKP",
                crv: "Ed25519",
                r#use: "sig",
                alg: "EdDSA",
                kid: &key.kid,
                x: &key.x,
            })
            .collect();
        serde_json::json!({ "keys": keys })
    }

    pub(crate) fn keys(&self) -> &[PublicKey] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

    fn key(kid: &str, extra: &str) -> String {
        format!(r#"{{"kty":"OKP","crv":"Ed25519","kid":"{kid}","x":"{X}"{extra}}}"#)
    }

    #[test]
    fn only_public_parts_are_served() {
        let text = format!(r#"{{"keys":[{}]}}"#, key("a", r#","note":"inner""#));
        let json = Jwks::parse(&text).unwrap().json().to_string();
        assert!(
            json.contains(X) && json.contains(r#""use":"sig""#),
            "{json}"
        );
        assert!(!json.contains("inner"), "{json}");
    }

    #[test]
    fn invalid_key_set_is_refused() {
        for keys in [
            String::new(),
            key("a", r#","d":"c2VjcmV0""#),
            format!("{},{}", key("a", ""), key("a", "")),
            key("a", "").replace("Ed25519", "X25519"),
            key("a", "").replace("OKP", "EC"),
            key("a", "").replace(X, "c2hvcnQ"),
            r#"{"kty":"oct","k":"c2VjcmV0","kid":"a"}"#.to_owned(),
        ] {
            let text = format!(r#"{{"keys":[{keys}]}}"#);
            let reason = Jwks::parse(&text).unwrap_err();
            assert!(!reason.contains("c2VjcmV0"), "{text}");
        }
    }
}
