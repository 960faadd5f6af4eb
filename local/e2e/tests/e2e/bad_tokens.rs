//! Calls without a valid access token are refused.

use serde_json::{Value, json};
use testkit::{Answer, Host, User, World};
use uuid::Uuid;

use crate::api::operations;

/// A call that needs nothing but a token.
const LIST: (&str, &str) = ("GET", "/get_active_promocodes");

/// The calls that need a token, without the query and the body that they may need, and with an invalid or unknown query:
/// the token is checked first.
fn endpoints() -> Vec<(String, String)> {
    let mut endpoints = vec![];
    for operation in operations() {
        if !operation.needs_token() {
            continue;
        }
        let (method, path) = (&operation.method, operation.path());
        if let Some(parameter) = operation.parameters("query").first() {
            let name = parameter["name"].as_str().unwrap();
            for query in [format!("{name}=%00"), format!("{name}=1&{name}=2")] {
                endpoints.push((method.clone(), format!("{path}?{query}")));
            }
        }
        endpoints.push((method.clone(), format!("{path}?no_such=1")));
        endpoints.push((method.clone(), path));
    }
    endpoints
}

fn with(mut base: Value, member: &str, value: impl Into<Value>) -> Value {
    base[member] = value.into();
    base
}

fn without(mut base: Value, member: &str) -> Value {
    base.as_object_mut().and_then(|base| base.remove(member));
    base
}

/// Tokens that were never valid for this service.
fn invalid_tokens(world: &World, user: &User) -> Vec<(&'static str, String)> {
    let forge = world.forge();
    let (header, claims) = (forge.header(), forge.claims(user.id));
    let now = claims["iat"].as_i64().unwrap_or_default();
    let signed = |header: &Value, claims: &Value| forge.token(header, claims);
    let part = |n: usize| {
        user.access_token
            .split('.')
            .nth(n)
            .unwrap_or_default()
            .to_owned()
    };
    let other = forge.good(Uuid::from_u128(user.id.as_u128() ^ 1));
    let other_claims = other.split('.').nth(1).unwrap_or_default();
    let none = json!({ "alg": "none", "typ": "at+jwt", "kid": header["kid"] });
    let tampered = with(claims.clone(), "role", "admin");
    vec![
        ("garbage", "garbage".to_owned()),
        ("dots", "..".to_owned()),
        ("long garbage", "A".repeat(6_000)),
        ("another key", forge.foreign(&header, &claims)),
        ("no signature", forge.unsigned(&header, &claims)),
        ("alg none", forge.unsigned(&none, &claims)),
        (
            "alg none, upper case",
            forge.unsigned(&with(none.clone(), "alg", "NONE"), &claims),
        ),
        ("alg none, signed", signed(&none, &claims)),
        ("the public key as a secret", forge.confused(&claims)),
        (
            "another kid",
            signed(&with(header.clone(), "kid", "other"), &claims),
        ),
        ("no kid", signed(&without(header.clone(), "kid"), &claims)),
        (
            "kid of another type",
            signed(&with(header.clone(), "kid", 1), &claims),
        ),
        (
            "kid as a path",
            signed(&with(header.clone(), "kid", "../../dev/null"), &claims),
        ),
        (
            "another typ",
            signed(&with(header.clone(), "typ", "JWT"), &claims),
        ),
        (
            "unknown extension",
            signed(&with(header.clone(), "crit", json!(["x"])), &claims),
        ),
        (
            "another aud",
            signed(&header, &with(claims.clone(), "aud", "other")),
        ),
        ("no aud", signed(&header, &without(claims.clone(), "aud"))),
        (
            "another iss",
            signed(&header, &with(claims.clone(), "iss", "other")),
        ),
        // No token was ever issued then, so this one is invalid rather than expired.
        (
            "exp before 1970",
            signed(&header, &with(claims.clone(), "exp", -1)),
        ),
        ("no exp", signed(&header, &without(claims.clone(), "exp"))),
        (
            "exp as text",
            signed(&header, &with(claims.clone(), "exp", "tomorrow")),
        ),
        (
            "not yet good",
            signed(&header, &with(claims.clone(), "nbf", now + 3_600)),
        ),
        (
            "sub that is no user",
            signed(&header, &with(claims.clone(), "sub", "1' OR '1'='1")),
        ),
        (
            "unknown role",
            signed(&header, &with(claims.clone(), "role", "root")),
        ),
        (
            "no session",
            signed(&header, &without(claims.clone(), "sid")),
        ),
        ("claims that are no object", signed(&header, &json!([1, 2]))),
        (
            "raised role",
            format!("{}.{}", forge.foreign(&header, &tampered), ""),
        ),
        (
            "another's claims",
            format!("{}.{other_claims}.{}", part(0), part(2)),
        ),
        ("without its signature", format!("{}.{}", part(0), part(1))),
        (
            "cut short",
            user.access_token[..user.access_token.len() - 4].to_owned(),
        ),
        ("a refresh token", user.refresh_token.clone()),
        ("two tokens", format!("{0} {0}", user.access_token)),
    ]
}

async fn with_header(world: &World, (method, path): (&str, &str), value: &str) -> Answer {
    let call = world.client.call(method, path);
    call.header("authorization", value).send().await
}

#[tokio::test]
async fn invalid_tokens_are_refused() {
    let world = World::new().await;
    let user = world.user().await;
    let invalid = invalid_tokens(&world, &user);
    for (method, path) in &endpoints() {
        let endpoint = (method.as_str(), path.as_str());
        let answer = world.client.call(method, path).send().await;
        answer.problem(401, "token_missing");
        for (what, token) in &invalid {
            println!("{what}");
            let answer = with_header(&world, endpoint, &format!("Bearer {token}")).await;
            answer.problem(401, "token_invalid");
        }
        let token = &user.access_token;
        for value in [
            "Bearer".to_owned(),
            "Bearer ".to_owned(),
            token.clone(),
            format!("Basic {token}"),
            format!("Bearer{token}"),
            format!("Bearer\t{token}"),
            format!("Bearer {token}, Bearer {token}"),
        ] {
            println!("{value}");
            let answer = with_header(&world, endpoint, &value).await;
            answer.problem(401, "token_invalid");
        }
    }
    // None of this has ended the session or revoked the token. The scheme is case-insensitive (RFC 9110 §11.1).
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let value = format!("{scheme} {}", user.access_token);
        let answer = with_header(&world, LIST, &value).await;
        answer.success(200);
    }
    world.finish().await;
}

#[tokio::test]
async fn expired_token_is_reported() {
    let world = World::new().await;
    let user = world.user().await;
    let forge = world.forge();
    let claims = forge.claims(user.id);
    let now = claims["iat"].as_i64().unwrap();
    let expiring = |at: i64| forge.token(&forge.header(), &with(claims.clone(), "exp", at));
    for (method, path) in &endpoints() {
        let endpoint = (method.as_str(), path.as_str());
        for exp in [now - 31, now - 86_400, 1] {
            let answer = with_header(&world, endpoint, &format!("Bearer {}", expiring(exp))).await;
            answer.problem(401, "token_expired");
        }
    }
    // Clocks may differ a little. And a forged token is not reported as expired, so the answer does not reveal that its
    // only fault is its age.
    let late = format!("Bearer {}", expiring(now - 15));
    with_header(&world, LIST, &late).await.success(200);
    let forged = forge.foreign(&forge.header(), &with(claims.clone(), "exp", now - 86_400));
    let answer = with_header(&world, LIST, &format!("Bearer {forged}")).await;
    answer.problem(401, "token_invalid");
    world.finish().await;
}

#[tokio::test]
async fn two_tokens_are_refused() {
    let world = World::new().await;
    let user = world.user().await;
    // The Lambda emulator forwards only one of the two; API Gateway would join them with a comma, which makes no token.
    if world.settings.host == Host::Gateway {
        for (method, path) in endpoints() {
            let call = user.call(&method, &path).bearer(&user.access_token);
            call.send().await.problem(401, "token_invalid");
        }
    }
    world.finish().await;
}

#[tokio::test]
async fn non_ascii_token_is_refused() {
    let world = World::new().await;
    // Lambda events are JSON: the emulator answers a header that is not UTF-8 with 500.
    if world.settings.host == Host::Gateway {
        let request =
            b"GET /get_active_promocodes HTTP/1.1\r\nhost: service\r\nconnection: close\r\n\
            authorization: Bearer \xd1\x82\xff\xfe\r\n\r\n";
        let answer = world.client.raw(request).await;
        answer.problem(401, "token_invalid");
    }
    world.finish().await;
}
