//! Access tokens: what is signed is accepted, and everything else is refused.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Role;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};
use tokens::{ACCESS_TTL, Claims, Issuer, Jwks, LEEWAY, Verifier, VerifyError};
use uuid::Uuid;

const NOW: i64 = 1_800_000_000;

struct Keys {
    pair: Ed25519KeyPair,
    issuer: Issuer,
    kid: &'static str,
}

fn keys(kid: &'static str) -> Keys {
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    Keys {
        pair: Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap(),
        issuer: Issuer::new(pkcs8.as_ref(), kid.to_owned()).unwrap(),
        kid,
    }
}

impl Keys {
    fn jwk(&self) -> Value {
        let x = URL_SAFE_NO_PAD.encode(self.pair.public_key().as_ref());
        json!({ "kty": "OKP", "crv": "Ed25519", "kid": self.kid, "x": x })
    }

    fn token(&self) -> String {
        let (user, sid) = (Uuid::from_u128(1), Uuid::from_u128(2));
        self.issuer.issue(user, sid, Role::Admin, now()).unwrap()
    }

    /// Any header and claims with a valid signature.
    fn sign(&self, header: &Value, claims: &Value) -> String {
        let part = |v: &Value| URL_SAFE_NO_PAD.encode(v.to_string());
        let message = format!("{}.{}", part(header), part(claims));
        let signature = self.pair.sign(message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn verifier(keys: &[&Keys]) -> Verifier {
    let set = json!({ "keys": keys.iter().map(|k| k.jwk()).collect::<Vec<_>>() });
    Verifier::new(&Jwks::parse(&set.to_string()).unwrap()).unwrap()
}

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

fn header() -> Value {
    json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": "a" })
}

fn claims() -> Value {
    json!({
        "sub": Uuid::from_u128(1), "sid": Uuid::from_u128(2), "role": "user",
        "iss": "loyalty-auth", "aud": "loyalty-api", "iat": NOW, "exp": NOW + 600,
    })
}

fn with(mut value: Value, key: &str, new: Value) -> Value {
    value[key] = new;
    value
}

fn without(mut value: Value, key: &str) -> Value {
    value.as_object_mut().unwrap().remove(key);
    value
}

#[test]
fn access_token_carries_its_claims() {
    let a = keys("a");
    let got = verifier(&[&a]).verify(&a.token(), now()).unwrap();
    let expected = Claims {
        sub: Uuid::from_u128(1),
        sid: Uuid::from_u128(2),
        role: Role::Admin,
        iss: "loyalty-auth".to_owned(),
        aud: "loyalty-api".to_owned(),
        iat: NOW,
        exp: NOW + 600,
    };
    assert_eq!(got, expected);
    let header = jsonwebtoken::decode_header(a.token()).unwrap();
    assert_eq!(header.kid.as_deref(), Some("a"));
    assert_eq!(header.typ.as_deref(), Some("at+jwt"));
}

#[test]
fn access_token_expires_after_ten_minutes_and_leeway() {
    let a = keys("a");
    let (verifier, token) = (verifier(&[&a]), a.token());
    let last = now() + ACCESS_TTL + LEEWAY - SignedDuration::from_secs(1);
    assert!(verifier.verify(&token, last).is_ok());
    let after = last + SignedDuration::from_secs(1);
    assert_eq!(verifier.verify(&token, after), Err(VerifyError::Expired));
}

#[test]
fn two_keys_are_live_during_rotation() {
    let (a, b) = (keys("a"), keys("b"));
    let both = verifier(&[&a, &b]);
    assert!(both.verify(&a.token(), now()).is_ok());
    assert!(both.verify(&b.token(), now()).is_ok());
    let only_b = verifier(&[&b]);
    assert_eq!(
        only_b.verify(&a.token(), now()),
        Err(VerifyError::Invalid),
        "unknown kid"
    );
    let posing_as_b = a.sign(&with(header(), "kid", json!("b")), &claims());
    assert_eq!(
        both.verify(&posing_as_b, now()),
        Err(VerifyError::Invalid),
        "signed by another key"
    );
}

#[test]
fn signed_token_of_another_kind_is_refused() {
    let a = keys("a");
    let verifier = verifier(&[&a]);
    let good = a.sign(&header(), &claims());
    assert!(verifier.verify(&good, now()).is_ok());

    for header in [
        with(header(), "alg", json!("none")),
        with(header(), "alg", json!("HS256")),
        with(header(), "alg", json!("ES256")),
        with(header(), "kid", json!("z")),
        without(header(), "kid"),
        with(header(), "typ", json!("JWT")),
        without(header(), "typ"),
        with(header(), "crit", json!(["exp"])),
        with(header(), "crit", json!([])),
        with(header(), "alg", json!("eddsa")),
        with(header(), "alg", json!(["EdDSA"])),
        without(header(), "alg"),
        with(header(), "kid", json!("")),
        with(header(), "typ", json!("application/at+jwt")),
    ] {
        let token = a.sign(&header, &claims());
        assert_eq!(
            verifier.verify(&token, now()),
            Err(VerifyError::Invalid),
            "{header}"
        );
    }
    for claims in [
        with(claims(), "iss", json!("somebody")),
        with(claims(), "iss", json!(["loyalty-auth"])),
        without(claims(), "iss"),
        with(claims(), "iss", json!("loyalty-auth/")),
        with(claims(), "aud", json!("elsewhere")),
        with(claims(), "aud", json!(["elsewhere"])),
        with(claims(), "aud", json!(["loyalty-api", "elsewhere"])),
        without(claims(), "aud"),
        with(claims(), "role", json!("root")),
        without(claims(), "role"),
        with(claims(), "sub", json!("1")),
        without(claims(), "sub"),
        without(claims(), "sid"),
        without(claims(), "exp"),
        with(claims(), "exp", json!("never")),
        with(claims(), "exp", json!(1e300)),
        with(claims(), "nbf", json!(NOW + 31)),
        with(claims(), "nbf", json!("later")),
    ] {
        let token = a.sign(&header(), &claims);
        assert_eq!(
            verifier.verify(&token, now()),
            Err(VerifyError::Invalid),
            "{claims}"
        );
    }
    let within_leeway = a.sign(&header(), &with(claims(), "nbf", json!(NOW + 30)));
    assert!(verifier.verify(&within_leeway, now()).is_ok());
}

#[test]
fn key_inside_the_token_is_ignored() {
    let (a, stranger) = (keys("a"), keys("a"));
    let verifier = verifier(&[&a]);
    let url = json!("https://attacker.example/jwks.json");
    for header in [
        with(header(), "jwk", stranger.jwk()),
        with(header(), "jku", url.clone()),
        with(header(), "x5u", url),
    ] {
        let token = stranger.sign(&header, &claims());
        let refused = verifier.verify(&token, now());
        assert_eq!(refused, Err(VerifyError::Invalid), "{header}");
    }
}

#[test]
fn unsigned_and_symmetric_tokens_are_refused() {
    let a = keys("a");
    let verifier = verifier(&[&a]);
    let part = |v: &Value| URL_SAFE_NO_PAD.encode(v.to_string());
    let none = part(&with(header(), "alg", json!("none")));
    let body = part(&claims());
    let mut tokens = vec![
        format!("{none}.{body}."),
        format!("{none}.{body}"),
        format!("{}.{body}.", part(&header())),
    ];
    // The public key used as a shared secret: the classic algorithm confusion.
    let mut hs = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256);
    hs.typ = Some("at+jwt".to_owned());
    hs.kid = Some("a".to_owned());
    let secret = jsonwebtoken::EncodingKey::from_secret(a.pair.public_key().as_ref());
    tokens.push(jsonwebtoken::encode(&hs, &claims(), &secret).unwrap());
    for token in tokens {
        assert_eq!(verifier.verify(&token, now()), Err(VerifyError::Invalid));
    }
}

#[test]
fn expired_forgery_is_invalid() {
    let (a, b) = (keys("a"), keys("a"));
    let late = now() + SignedDuration::from_hours(1);
    assert_eq!(
        verifier(&[&b]).verify(&a.token(), late),
        Err(VerifyError::Invalid)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn changed_or_cut_token_is_refused(at: prop::sample::Index, new in "[A-Za-z0-9_.-]", cut: prop::sample::Index) {
        let a = keys("a");
        let (verifier, token) = (verifier(&[&a]), a.token());
        let i = at.index(token.len());
        let changed = format!("{}{new}{}", &token[..i], &token[i + 1..]);
        if changed != token {
            prop_assert_eq!(verifier.verify(&changed, now()), Err(VerifyError::Invalid));
        }
        let shorter = &token[..cut.index(token.len())];
        prop_assert_eq!(verifier.verify(shorter, now()), Err(VerifyError::Invalid));
    }

    #[test]
    fn arbitrary_text_is_refused(text in any::<String>()) {
        prop_assert_eq!(verifier(&[&keys("a")]).verify(&text, now()), Err(VerifyError::Invalid));
    }
}
