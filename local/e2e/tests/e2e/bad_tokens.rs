//! Calls without a valid access token are refused.

use serde_json::{Value, json};
use testkit::{Answer, Host, User, World};
use uuid::Uuid;

/// Calls that need a token, some with an invalid query or without the body they need: the token is checked first.
const ENDPOINTS: [(&str, &str); 20] = [
    ("GET", "/get_active_promocodes"),
    ("POST", "/apply_promocode"),
    ("POST", "/apply_promocode?promocode_id=-1&tariff=x"),
    ("POST", "/use_promocode?promocode_id=1&promocode_id=2"),
    ("POST", "/cancel_apply_promocode?promocode_id=%00"),
    ("POST", "/logout"),
    ("POST", "/logout?scope=x"),
    ("DELETE", "/delete"),
    ("POST", "/change_password"),
    ("GET", "/sessions"),
    ("DELETE", "/sessions/x"),
    ("GET", "/me"),
    ("POST", "/admin/users/search"),
    ("POST", "/admin/users/resolve"),
    ("POST", "/admin/users/x/block"),
    ("POST", "/admin/users/x/unblock"),
    ("PUT", "/admin/users/x/role"),
    ("GET", "/admin/decisions?user_id=x"),
    ("GET", "/admin/decisions/x"),
    ("GET", "/admin/eligibility?at=x"),
];

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
    for endpoint in ENDPOINTS {
        let (method, path) = endpoint;
        let answer = world.client.call(method, path).send().await;
        answer.problem(401, "token_missing");
        for (what, token) in invalid_tokens(&world, &user) {
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
        let answer = with_header(&world, ENDPOINTS[0], &value).await;
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
    for endpoint in ENDPOINTS {
        for exp in [now - 31, now - 86_400, 1] {
            let answer = with_header(&world, endpoint, &format!("Bearer {}", expiring(exp))).await;
            answer.problem(401, "token_expired");
        }
    }
    // Clocks may differ a little. And a forged token is not reported as expired, so the answer does not reveal that its
    // only fault is its age.
    let late = format!("Bearer {}", expiring(now - 15));
    with_header(&world, ENDPOINTS[0], &late).await.success(200);
    let forged = forge.foreign(&forge.header(), &with(claims.clone(), "exp", now - 86_400));
    let answer = with_header(&world, ENDPOINTS[0], &format!("Bearer {forged}")).await;
    answer.problem(401, "token_invalid");
    world.finish().await;
}

#[tokio::test]
async fn two_tokens_are_refused() {
    let world = World::new().await;
    let user = world.user().await;
    // The Lambda emulator forwards only one of the two; API Gateway would join them with a comma, which makes no token.
    if world.settings.host == Host::Gateway {
        for (method, path) in ENDPOINTS {
            let call = user.call(method, path).bearer(&user.access_token);
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
