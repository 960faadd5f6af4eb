//! Malformed requests: queries, methods, paths, sizes. Each answer says what is wrong, in the same format, and none is
//! a server error.

use std::collections::BTreeMap;

use testkit::{Answer, Audience, Host, PromoSpec, World};

use crate::api::operations;

const MAX_BODY: usize = 64 * 1024;
/// Of calls that take a file.
const MAX_FILE: usize = 6_000_000;

/// Query values that are not a number from 1 to `i64::MAX`.
fn bad_numbers() -> Vec<String> {
    let mut numbers: Vec<String> = [
        "",
        "0",
        "-0",
        "-1",
        "-9223372036854775808",
        "9223372036854775808",
        "99999999999999999999",
        "1.0",
        "1,0",
        "1e3",
        "0x10",
        "abc",
        "null",
        "NaN",
        "Infinity",
        "true",
        "5abc",
        "5;6",
        "5%2C6",
        "[5]",
        "%225%22",
        // Encoded spaces, a plus sign, digits of other scripts, invalid UTF-8, null bytes.
        "+5",
        "%205",
        "5%20",
        "5%0A",
        "%2B5",
        "%D9%A5",
        "%EF%BC%95",
        "%F0%9D%9F%9D",
        "%FF",
        "5%00",
        "%00",
        "1'%20OR%20'1'='1",
        "5--",
        "%3Cscript%3E",
        "%E2%88%925",
        "%25",
        "%",
    ]
    .map(str::to_owned)
    .to_vec();
    numbers.push("9".repeat(4_000));
    numbers
}

#[track_caller]
fn parameter(answer: &Answer, code: &str, parameter: &str) {
    let json = answer.problem(400, code);
    assert_eq!(json["parameter"], parameter, "{answer}");
}

#[tokio::test]
async fn query_numbers_are_parsed_strictly() {
    let world = World::new().await;
    let user = world.user().await;
    let send = async |path: &str| user.call("POST", path).send().await;
    let (missing, invalid, repeated) = (
        "query_parameter_missing",
        "query_parameter_invalid",
        "query_parameter_repeated",
    );
    for path in [
        "/apply_promocode",
        "/use_promocode",
        "/cancel_apply_promocode",
    ] {
        let needs_tariff = path != "/cancel_apply_promocode";
        for (query, name) in [
            ("?PROMOCODE_ID=1&tariff=1", "PROMOCODE_ID"),
            ("?promocode_id[]=1&tariff=1", "promocode_id[]"),
            ("?promo=1", "promo"),
            ("?promocode_id=1&tariff=1&=", ""),
        ] {
            let answer = send(&format!("{path}{query}")).await;
            parameter(&answer, "query_parameter_unknown", name);
        }
        for query in ["", "?", "?tariff=1"] {
            parameter(
                &send(&format!("{path}{query}")).await,
                missing,
                "promocode_id",
            );
        }
        for number in bad_numbers() {
            let answer = send(&format!("{path}?promocode_id={number}&tariff=1")).await;
            parameter(&answer, invalid, "promocode_id");
            if needs_tariff {
                let answer = send(&format!("{path}?promocode_id=1&tariff={number}")).await;
                parameter(&answer, invalid, "tariff");
            }
        }
        let many = "&promocode_id=1".repeat(500);
        for query in [
            "promocode_id=1&promocode_id=1",
            "promocode_id=1&promocode_id=2",
            &many,
            "promocode_id=&promocode_id",
        ] {
            let answer = send(&format!("{path}?{query}&tariff=1")).await;
            parameter(&answer, repeated, "promocode_id");
        }
        let answer = send(&format!("{path}?promocode=ABC&promocode=ABC&tariff=1")).await;
        parameter(&answer, repeated, "promocode");
        // Two parameters that both name the code.
        let answer = send(&format!("{path}?promocode_id=1&promocode=ABC&tariff=1")).await;
        parameter(&answer, repeated, "promocode");
        if needs_tariff {
            let answer = send(&format!("{path}?promocode_id=1")).await;
            parameter(&answer, missing, "tariff");
            let answer = send(&format!("{path}?promocode_id=1&tariff=1&tariff=1")).await;
            parameter(&answer, repeated, "tariff");
        }
    }
    world.finish().await;
}

#[tokio::test]
async fn leading_zeros_are_digits() {
    let world = World::new().await;
    let user = world.user().await;
    let tariff = world.tariff(29_900).await;
    let promo = world
        .promo(PromoSpec {
            audience: Audience::User(user.id),
            ..PromoSpec::default()
        })
        .await;
    let path = format!(
        "/apply_promocode?&&promocode_id=00{}&tariff=0{}",
        promo.id, tariff.id
    );
    user.call("POST", &path).send().await.success(201);
    world.finish().await;
}

#[tokio::test]
async fn wrong_method_gets_allow_header() {
    let world = World::new().await;
    let mut paths: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut public = vec![];
    for operation in operations() {
        let path = operation.path();
        if !operation.needs_token() {
            public.push((operation.method.clone(), path.clone()));
        }
        paths.entry(path).or_default().push(operation.method);
    }
    for (path, mut right) in paths {
        right.sort();
        // OPTIONS is answered for web pages of other origins: see cors.rs.
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            if right.iter().any(|right| right == method) {
                continue;
            }
            let answer = world.client.call(method, &path).send().await;
            answer.problem(405, "method_not_allowed");
            let allow = answer.header("allow").unwrap_or_default();
            let mut allowed: Vec<&str> = allow.split(',').map(str::trim).collect();
            allowed.retain(|method| *method != "HEAD");
            allowed.sort_unstable();
            assert_eq!(allowed, right, "{answer}");
        }
        // The same for HEAD, whose answers have no body.
        let answer = world.client.call("HEAD", &path).send().await;
        let get = ("GET".to_owned(), path);
        let status = match right.contains(&get.0) {
            true if public.contains(&get) => 200,
            true => 401,
            false => 405,
        };
        assert_eq!(answer.status, status, "{answer}");
        answer.request_id();
    }
    world.finish().await;
}

#[tokio::test]
async fn unknown_path_is_not_found() {
    let world = World::new().await;
    // `cargo lambda watch` has its own answer for paths without a function, and so does API Gateway.
    if world.settings.host == Host::Gateway {
        for path in [
            "/nothing",
            "/login/",
            "//login",
            "/Login",
            "/login/1",
            "/%6Cogin",
            "/login%00",
            "/%FF",
            "/../login2",
            "/.env",
            "/apply_promocode;a=b",
            "/.well-known/",
            "/.well-known/jwks.json/",
        ] {
            for method in ["GET", "POST", "DELETE"] {
                let answer = world.client.call(method, path).send().await;
                answer.problem(404, "route_not_found");
            }
        }
    }
    world.finish().await;
}

/// A request with a body of `size` bytes, sent with a content length or in chunks.
fn sized(method: &str, path: &str, size: usize, chunked: bool) -> Vec<u8> {
    sized_as("application/json", method, path, size, chunked)
}

fn sized_as(kind: &str, method: &str, path: &str, size: usize, chunked: bool) -> Vec<u8> {
    let body = "x".repeat(size);
    let framed = match chunked {
        false => format!("content-length: {size}\r\n\r\n{body}"),
        true => format!("transfer-encoding: chunked\r\n\r\n{size:x}\r\n{body}\r\n0\r\n\r\n"),
    };
    let head = format!("host: service\r\nconnection: close\r\ncontent-type: {kind}");
    format!("{method} {path} HTTP/1.1\r\n{head}\r\n{framed}").into_bytes()
}

#[tokio::test]
async fn address_that_is_too_long_is_refused() {
    let world = World::new().await;
    let support = world.staff("support").await;
    let longest = |path: &str, length: usize| format!("{path}{}", "x".repeat(length - path.len()));
    let mut paths = vec!["/tariffs?a=", "/admin/tariffs?title="];
    if world.settings.host == testkit::Host::Gateway {
        // `cargo lambda watch` itself answers where no function has a path.
        paths.push("/no_such_path/");
    }
    for path in paths {
        let answer = support
            .call("GET", &longest(path, 8 * 1024 + 1))
            .send()
            .await;
        assert_eq!(answer.problem(414, "uri_too_long")["limit"], 8 * 1024);
    }
    let path = longest("/admin/tariffs?title=", 8 * 1024);
    support.call("GET", &path).send().await.success(200);
    world.finish().await;
}

#[tokio::test]
async fn oversized_body_is_refused() {
    let world = World::new().await;
    for operation in operations() {
        let (method, path) = (operation.method.as_str(), operation.path());
        if operation.file().is_none() || operation.body().is_some() {
            for size in [MAX_BODY + 1, 1_000_000] {
                let request = sized(method, &path, size, false);
                let answer = world.client.raw(&request).await;
                let problem = answer.problem(413, "body_too_large");
                assert_eq!(problem["limit"], MAX_BODY);
            }
        }
        if operation.file().is_some() {
            let send = async |size: usize| {
                let request = sized_as("text/csv", method, &path, size, false);
                world.client.raw(&request).await
            };
            // The caller is known before the file is read.
            send(MAX_FILE).await.problem(401, "token_missing");
            // The Lambda emulator takes no more either, but has its own answer.
            if world.settings.host == Host::Gateway {
                let answer = send(MAX_FILE + 1).await;
                let problem = answer.problem(413, "body_too_large");
                assert_eq!(problem["limit"], MAX_FILE);
            }
        }
    }
    // Endpoints that read a body count its bytes, whatever the sender declares. Those that need a token check that first.
    let mut open = operations();
    open.retain(|operation| operation.body().is_some() && !operation.needs_token());
    for operation in open {
        let send = async |size: usize, chunked: bool| {
            let request = sized(&operation.method, &operation.path(), size, chunked);
            world.client.raw(&request).await
        };
        let answer = send(MAX_BODY + 1, true).await;
        answer.problem(413, "body_too_large");
        for chunked in [false, true] {
            let answer = send(MAX_BODY, chunked).await;
            assert!(matches!(answer.status, 400 | 422), "{answer}");
        }
    }
    // A key of a repetition makes a call read its body before the token, but no more than it takes.
    let keyed = sized("POST", "/admin/tariffs", MAX_BODY + 1, true);
    let keyed = String::from_utf8(keyed).unwrap();
    let keyed = keyed.replacen("\r\n", "\r\nidempotency-key: a\r\n", 1);
    let answer = world.client.raw(keyed.as_bytes()).await;
    assert_eq!(answer.problem(413, "body_too_large")["limit"], MAX_BODY);
    // The Lambda emulator waits for the whole body before it invokes a function.
    if world.settings.host == Host::Gateway {
        let declared = b"POST /login HTTP/1.1\r\nhost: service\r\nconnection: close\r\n\
            content-type: application/json\r\ncontent-length: 9000000000\r\n\r\n";
        let answer = world.client.raw(declared).await;
        answer.problem(413, "body_too_large");
    }
    world.finish().await;
}
