//! `POST /user_registration` on a real database.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use domain::Random;
use runtime::OsRandom;
use serde_json::{Value, json};
use testkit::function::call;
use user_registration::{State, router};

async fn post(body: Value) -> (StatusCode, Value) {
    post_in("en", body).await
}

async fn post_in(language: &str, body: Value) -> (StatusCode, Value) {
    let state = State::from_env().expect("run `cargo local test`");
    let request = Request::post("/user_registration")
        .header("content-type", "application/json")
        .header("accept-language", language)
        .body(Body::from(body.to_string()))
        .unwrap();
    call(router().with_state(state), request).await
}

fn email() -> String {
    format!("Reg-{}@example.com", OsRandom.uuid().simple())
}

#[tokio::test]
async fn registration_creates_active_user_and_takes_address() {
    let email = email();
    let (status, body) =
        post(json!({ "email": email, "password": "correct horse", "name": "Anna" })).await;
    assert_eq!(status, StatusCode::CREATED, "{body}");
    assert_eq!(body["status"], "active");
    assert!(
        body["user_id"]
            .as_str()
            .unwrap()
            .parse::<uuid::Uuid>()
            .is_ok()
    );
    let again = format!(" {} ", email.to_uppercase());
    let (status, body) = post(json!({ "email": again, "password": "another horse" })).await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::CONFLICT, &json!("email_taken"))
    );
}

#[tokio::test]
async fn invalid_fields_are_named_and_not_quoted() {
    let (status, body) =
        post(json!({ "email": "anna(at)example.com", "password": "s3cr3t", "name": "\n" })).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(body["code"], "validation_failed");
    let fields: Vec<_> = body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| &e["field"])
        .collect();
    assert_eq!(fields, ["email", "password", "name"]);
    let text = body.to_string();
    assert!(!text.contains("anna") && !text.contains("s3cr3t"), "{text}");
}

#[tokio::test]
async fn one_of_concurrent_registrations_succeeds() {
    let email = email();
    let tries = (0..8).map(|i| {
        let email = if i % 2 == 0 {
            email.to_uppercase()
        } else {
            email.to_lowercase()
        };
        tokio::spawn(post(json!({ "email": email, "password": "correct horse" })))
    });
    let mut statuses = vec![];
    for attempt in tries.collect::<Vec<_>>() {
        statuses.push(attempt.await.unwrap().0.as_u16());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
}

#[tokio::test]
async fn common_password_is_refused() {
    let email = email();
    let name = email.split('@').next().unwrap().to_uppercase();
    for (password, advice) in [
        ("password1", "most common"),
        ("QwertyUiop", "most common"),
        (email.as_str(), "e-mail"),
        (&name, "e-mail"),
    ] {
        let (_, body) = post(json!({ "email": email, "password": password })).await;
        assert_eq!(body["code"], "validation_failed", "{body}");
        assert_eq!(body["errors"][0]["field"], "password", "{body}");
        let detail = body["errors"][0]["detail"].as_str().unwrap();
        assert!(detail.contains(advice), "{body}");
    }
}

#[tokio::test]
async fn field_errors_follow_accept_language() {
    let body = json!({ "email": "", "password": "1", "name": "" });
    for (language, russian) in [("ru", true), ("en", false)] {
        let (_, body) = post_in(language, body.clone()).await;
        let errors = body["errors"].as_array().unwrap();
        assert_eq!(errors.len(), 3);
        for error in errors {
            let detail = error["detail"].as_str().unwrap();
            let cyrillic = detail.chars().any(|c| ('а'..='я').contains(&c));
            assert_eq!(cyrillic, russian, "{error}");
        }
    }
}

#[tokio::test]
async fn mismatching_body_is_explained_in_the_callers_language() {
    for (body, field, english, russian) in [
        (
            json!({ "email": 1, "password": "correct horse" }),
            "email",
            "use text",
            "нужна строка",
        ),
        (
            json!({ "email": "anna@example.com" }),
            "password",
            "enter a value: the field is required",
            "укажите значение: поле обязательное",
        ),
        (json!([]), "body", "use a JSON object", "нужен объект JSON"),
    ] {
        for (language, detail) in [("en", english), ("ru", russian), ("de", english)] {
            let (status, answer) = post_in(language, body.clone()).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
            let expected = json!([{ "field": field, "detail": detail }]);
            assert_eq!(answer["errors"], expected, "{body}");
        }
    }
}
