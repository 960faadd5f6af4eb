//! Well-formed bodies with invalid values.

use serde_json::{Value, json};
use testkit::{PASSWORD, World};

#[tokio::test]
async fn registration_names_every_invalid_field() {
    let world = World::new().await;
    let register = async |email: &str, password: &str, name: &str| {
        let body = json!({ "email": email, "password": password, "name": name });
        world
            .client
            .call("POST", "/user_registration")
            .json(&body)
            .send()
            .await
    };
    let long = format!("{}@example.com", "a".repeat(250));
    for email in [
        "",
        " ",
        "anna",
        "@",
        "anna@",
        "@example.com",
        "anna@localhost",
        "a b@example.com",
        "anna@exa mple.com",
        "anna@example.com\0",
        "anna\0@example.com",
        "anna@example.com\r\nbcc: x@example.com",
        "<anna@example.com>",
        &long,
    ] {
        register(email, PASSWORD, "Anna")
            .await
            .invalid_field("email");
    }
    let (short, long) = ("1234567", "1".repeat(129));
    for password in ["", short, &long, "пароль7"] {
        register("anna@example.com", password, "Anna")
            .await
            .invalid_field("password");
    }
    let long = "я".repeat(101);
    for name in ["", "   ", "Anna\0", "Anna\nBoris", "\u{7f}", &long] {
        register("anna@example.com", PASSWORD, name)
            .await
            .invalid_field("name");
    }
    let answer = register("anna", "1", "").await;
    for wrong in ["email", "password", "name"] {
        answer.invalid_field(wrong);
    }
    world.finish().await;
}

#[tokio::test]
async fn invalid_credentials_reveal_nothing() {
    let world = World::new().await;
    let user = world.user().await;
    let log_in = async |email: &str, password: &str| {
        let body = json!({ "email": email, "password": password });
        world.client.call("POST", "/login").json(&body).send().await
    };
    let long = "p".repeat(60_000);
    let unknown = format!("x{}", user.email);
    let mut problems = vec![];
    for (email, password) in [
        (user.email.as_str(), "not the password"),
        (&user.email, ""),
        (&user.email, &long),
        (&user.email, "\0"),
        (&user.email, "correct horse battery "),
        (&unknown, PASSWORD),
        ("", ""),
        ("' OR 1=1 --", PASSWORD),
        ("\0", PASSWORD),
        ("\u{1f600}", PASSWORD),
    ] {
        let answer = log_in(email, password).await;
        let mut problem = answer.problem(401, "invalid_credentials").clone();
        problem["request_id"] = json!(null);
        problems.push(problem);
    }
    problems.dedup();
    assert_eq!(problems.len(), 1, "{problems:#?}");
    for token in [
        "",
        "\0",
        "a.b.c",
        &user.access_token,
        &"A".repeat(60_000),
        "\u{1f600}",
    ] {
        let body = json!({ "refresh_token": token });
        let call = world.client.call("POST", "/refresh_token").json(&body);
        call.send().await.problem(401, "refresh_token_invalid");
    }
    world.finish().await;
}

#[tokio::test]
async fn malformed_webhook_is_refused() {
    let world = World::new().await;
    let webhook = |id: Value| json!({ "type": "notification", "event": "payment.succeeded", "object": { "id": id } });
    let mut bodies: Vec<String> = ["", "{", "[]", "null", "{}", "5", "\0"]
        .map(str::to_owned)
        .to_vec();
    for id in [
        json!(1),
        json!(null),
        json!(""),
        json!("../me"),
        json!("a/b"),
        json!("a%2Fb"),
        json!("\0"),
        json!("x".repeat(65)),
    ] {
        bodies.push(webhook(id).to_string());
    }
    bodies.push(
        webhook(json!("x"))
            .to_string()
            .replace("notification", "something"),
    );
    for body in bodies {
        let call = world.client.call("POST", "/payment_webhook");
        call.body(body).send().await.invalid_field("body");
    }
    // Well-formed, but the provider has no such payment.
    for id in ["x", "22e12f66-000f-5000-8000-18db351245c7"] {
        let call = world.client.call("POST", "/payment_webhook");
        call.json(&webhook(json!(id)))
            .send()
            .await
            .invalid_field("object.id");
    }
    world.finish().await;
}
