//! Bodies that are not JSON, or not the JSON that is expected.

use serde_json::{Value, json};
use testkit::{Call, Host, PASSWORD, User, World};

/// The calls that take a JSON object, each with a well-formed one.
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
    for (endpoint, right) in endpoints(&user) {
        let send = async |body: Vec<u8>| {
            let answer = call(&user, endpoint).body(body).send().await;
            answer.problem(400, "body_not_json");
        };
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
async fn mismatching_object_is_refused() {
    let world = World::new().await;
    let user = world.staff("admin").await;
    for (endpoint, right) in endpoints(&user) {
        let send = async |body: &Value| call(&user, endpoint).json(body).send().await;
        let members = right.as_object().unwrap();
        // An array of the object's values, which serde by default accepts in place of a struct.
        let values: Vec<&Value> = members.values().collect();
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
            send(&body).await.invalid_field("body");
        }
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
async fn unknown_members_are_ignored() {
    let world = World::new().await;
    let user = world.user().await;
    let login = json!({ "email": user.email, "password": PASSWORD }).to_string();
    let login = login.trim_end_matches('}');
    let deep = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
    for extra in ["null", "\"\\ud83d\\ude00\"", "1e99999", &deep] {
        let body = format!("{login},\"extra\":{extra}}}");
        let call = world.client.call("POST", "/login").body(body);
        call.send().await.success(200);
    }
    world.finish().await;
}

#[tokio::test]
async fn body_without_json_content_type_is_refused() {
    let world = World::new().await;
    let user = world.staff("admin").await;
    for (endpoint, right) in endpoints(&user) {
        let field = right.as_object().unwrap().keys().next().unwrap();
        call(&user, endpoint)
            .bytes("{}")
            .send()
            .await
            .problem(415, "unsupported_media_type");
        call(&user, endpoint)
            .send()
            .await
            .problem(415, "unsupported_media_type");
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
            let call = call(&user, endpoint).header("content-type", kind);
            call.bytes("{}")
                .send()
                .await
                .problem(415, "unsupported_media_type");
        }
        for kind in [
            "application/json; charset=utf-8",
            "APPLICATION/JSON",
            "application/json ;x=y",
        ] {
            let call = call(&user, endpoint).header("content-type", kind);
            call.bytes("{}").send().await.invalid_field(field);
        }
    }
    world.finish().await;
}
