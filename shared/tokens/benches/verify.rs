//! What the check of an access token costs, without the look into Redis: `cargo bench -p tokens`.
#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark may fail")]

use std::hint::black_box;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use criterion::{Criterion, criterion_group, criterion_main};
use domain::Role;
use jiff::Timestamp;
use serde_json::json;
use tokens::{Issuer, Jwks, Verifier};
use uuid::Uuid;

fn verify(criterion: &mut Criterion) {
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap();
    let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
    let jwks = json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "kid": "a", "x": x }] });
    let verifier = Verifier::new(&Jwks::parse(&jwks.to_string()).unwrap()).unwrap();
    let now = Timestamp::from_second(1_800_000_000).unwrap();
    let issuer = Issuer::new(pkcs8.as_ref(), "a".to_owned()).unwrap();
    let token = issuer.issue(Uuid::from_u128(1), Uuid::from_u128(2), Role::User, now);
    let token = token.unwrap();
    criterion.bench_function("access token, verified", |bencher| {
        bencher.iter(|| verifier.verify(black_box(&token), now).unwrap());
    });
}

criterion_group!(benches, verify);
criterion_main!(benches);
