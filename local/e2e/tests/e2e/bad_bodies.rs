//! Bodies that are not JSON, or not the JSON that is expected.

use pg::AdHoc;
use serde_json::{Value, json};
use testkit::{Call, Host, PASSWORD, User, World};

use crate::api::operations;
use crate::examples::values::Request;

/// All calls that take a JSON object, with their examples. One that has none is reported by the test of the examples.
fn requests() -> Vec<Request> {
    let mut operations = operations();
    // The provider's webhook has a format of its own: see `malformed_webhook_is_refused`.
    operations
        .retain(|operation| operation.body().is_some() && operation.template != "/payment_webhook");
    operations.iter().flat_map(Request::of).collect()
}

/// Calls that take a JSON object of texts, each with a well-formed one.
fn endpoints(user: &User) -> [(Endpoint, Value); 7] {
    let password = "wrong but long enough";
    [
        (
            ("POST", "/user_registration"),
            json!({ "email": "not an address", "password": PASSWORD, "name": "Anna" }),
        ),
        (
            ("POST", "/login"),
            json!({ "email": user.email, "password": password }),
        ),
        (
            ("POST", "/refresh_token"),
            json!({ "refresh_token": "none" }),
        ),
        (("DELETE", "/delete"), json!({ "password": password })),
        (
            ("POST", "/change_password"),
            json!({ "old_password": password, "new_password": password }),
        ),
        (
            ("POST", "/admin/users/search"),
            json!({ "email": "not an address" }),
        ),
        (("PUT", "/admin/users/x/role"), json!({ "role": "support" })),
    ]
}

type Endpoint = (&'static str, &'static str);

fn call(user: &User, (method, path): Endpoint) -> Call {
    // Login, refresh and registration need no token; the other calls check it before the body.
    user.call(method, path)
}

#[tokio::test]
async fn non_json_body_is_refused() {
    let world = World::new().await;
    let user = world.staff("admin").await;
    // FIELD is a member that the call reads.
    let bodies = [
        "",
        " ",
        "{",
        "}",
        "FIELD=a%40b.ru",
        "{'FIELD':'x'}",
        "{\"FIELD\":\"x\",}",
        "{\"FIELD\":\"x\"",
        "{\"FIELD\"}",
        "{} {}",
        "{}x",
        "NaN",
        "{\"FIELD\":undefined}",
        "{\"FIELD\":\"\\ud800\"}",
        "{\"FIELD\":\"\\udc00\\ud800\"}",
        "{\"FIELD\":\"\\u12\"}",
        "{\"FIELD\":\"\\x00\"}",
        "{\"FIELD\":\"line\nbreak\"}",
        "{\"FIELD\":\"a\0b\"}",
        "{\"FIELD\":01}",
        "\u{feff}{}",
        "<xml/>",
        "\0\0\0\0",
        "[",
        "[1,2",
        "\u{1f600}",
    ];
    for request in requests() {
        let send = async |body: Vec<u8>| {
            let call = request.call_without_body(&world, Some(&user));
            let answer = call.body(body).send().await;
            answer.problem(400, "body_not_json");
        };
        let right = request.body.as_ref().unwrap();
        let field = right.as_object().unwrap().keys().next().unwrap();
        for body in bodies {
            println!("{body:?}");
            send(body.replace("FIELD", field).into_bytes()).await;
        }
        send(format!("{right}{right}").into_bytes()).await;
        send("[".repeat(60_000).into_bytes()).await;
        send(r#"{"a":"#.repeat(10_000).into_bytes()).await;
        // Compressed bytes and invalid UTF-8. Lambda events are JSON: the emulator answers such bodies with 500,
        // whereas API Gateway would encode them in base64.
        if world.settings.host == Host::Gateway {
            send(b"\x1f\x8b\x08\x00".to_vec()).await;
            send([b"{\"", field.as_bytes(), b"\":\"\xff\xfe\"}"].concat()).await;
        }
    }
    world.finish().await;
}

#[tokio::test]
async fn body_that_is_no_object_is_refused() {
    let world = World::new().await;
    let user = world.staff("admin").await;
    for request in requests() {
        let right = request.body.as_ref().unwrap();
        // An array of the object's values, which serde by default accepts in place of a struct.
        let values: Vec<&Value> = right.as_object().unwrap().values().collect();
        let nested = format!("{}1{}", "[".repeat(100), "]".repeat(100));
        let nested: Value = serde_json::from_str(&nested).unwrap();
        for body in [
            json!(null),
            json!(true),
            json!(1),
            json!("{}"),
            json!([]),
            json!([right]),
            json!(values),
            nested,
        ] {
            let call = request.call_without_body(&world, Some(&user));
            call.json(&body).send().await.invalid_field("body");
        }
    }
    world.finish().await;
}

#[tokio::test]
async fn mismatching_object_is_refused() {
    let world = World::new().await;
    let user = world.staff("admin").await;
    for (endpoint, right) in endpoints(&user) {
        let send = async |body: &Value| call(&user, endpoint).json(body).send().await;
        let members = right.as_object().unwrap();
        // All that is missing is named at once, and what is not asked for.
        let answer = send(&json!({})).await;
        for name in members.keys().filter(|name| *name != "name") {
            answer.invalid_field(name);
        }
        for name in members.keys() {
            for value in [json!(1), json!(true), json!(["a"]), json!({ "a": "b" })] {
                let mut body = right.clone();
                body[name] = value;
                send(&body).await.invalid_field(name);
            }
            if name != "name" {
                let mut body = right.clone();
                body[name] = json!(null);
                send(&body).await.invalid_field(name);
                body.as_object_mut().unwrap().remove(name);
                send(&body).await.invalid_field(name);
            }
            let mut text = right.to_string();
            text.pop();
            let twice = format!("{text},\"{name}\":\"x\"}}");
            call(&user, endpoint)
                .body(twice)
                .send()
                .await
                .invalid_field(name);
        }
    }
    world.finish().await;
}

#[tokio::test]
async fn unknown_members_are_refused() {
    let world = World::new().await;
    let user = world.staff("admin").await;
    // The one of the examples: a change of what does not exist is not looked at.
    let sql = "INSERT INTO campaigns (id, title) VALUES (90001, 'Example') ON CONFLICT DO NOTHING";
    world.loyalty.execute(sql, &[]).await.unwrap();
    // A misspelt amount must not refund everything.
    for request in requests() {
        for extra in [json!(null), json!("\u{1f600}"), json!({ "a": [1] })] {
            let mut body = request.body.clone().unwrap();
            body["amuont"] = extra;
            let call = request.call_without_body(&world, Some(&user));
            call.json(&body).send().await.invalid_field("amuont");
        }
    }
    world.finish().await;
}

#[tokio::test]
async fn body_without_json_content_type_is_refused() {
    let world = World::new().await;
    let user = world.staff("admin").await;
    for request in requests() {
        let call = || request.call_without_body(&world, Some(&user));
        // No endpoint takes it, with the right content type either.
        let body = "[]";
        for call in [call(), call().bytes(body)] {
            let answer = call.send().await;
            answer.problem(415, "unsupported_media_type");
        }
        for kind in [
            "",
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/jsonp",
            "application/problem+json",
            "json",
            "text/plain; application/json",
        ] {
            let call = call().header("content-type", kind).bytes(body);
            let answer = call.send().await;
            answer.problem(415, "unsupported_media_type");
        }
        for kind in [
            "application/json; charset=utf-8",
            "APPLICATION/JSON",
            "application/json ;x=y",
        ] {
            let call = call().header("content-type", kind).bytes(body);
            call.send().await.invalid_field("body");
        }
    }
    world.finish().await;
}
