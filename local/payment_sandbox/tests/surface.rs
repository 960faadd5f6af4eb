//! What the client does not use: raw calls, the buyer's page, surviving a restart.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod support;

use axum::http::StatusCode;
use payments::{PaymentStatus, Provider};
use serde_json::{Value, json};
use support::{Receiver, SECRET, SHOP, World, http, order};

fn body() -> Value {
    json!({
        "amount": {"value": "5.00", "currency": "RUB"},
        "confirmation": {"type": "redirect", "return_url": support::RETURN_URL},
        "metadata": {"purchase_id": "p", "anything": "else"},
    })
}

#[tokio::test]
async fn errors_are_the_api_s_own_objects() {
    let world = World::new().await;
    let (status, error) = world.post("/v3/payments", None, &body()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(error["type"], "error");
    assert!(error["id"].is_string());
    assert_eq!(error["code"], "invalid_request");
    assert_eq!(error["parameter"], "Idempotence-Key");
    let long = "k".repeat(65);
    let (status, _) = world.post("/v3/payments", Some(&long), &body()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);

    let request = |secret| {
        http()
            .post(world.url("/v3/payments"))
            .basic_auth(SHOP, Some(secret))
            .header("Idempotence-Key", "k")
    };
    let status = |answer: reqwest::Response| answer.status();
    let answer = request("other").json(&body()).send().await.unwrap();
    assert_eq!(status(answer), StatusCode::UNAUTHORIZED);
    let answer = request(SECRET).body("{}").send().await.unwrap();
    assert_eq!(status(answer), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let json = request(SECRET).header("content-type", "application/json");
    let answer = json.body("{").send().await.unwrap();
    assert_eq!(status(answer), StatusCode::BAD_REQUEST);
    let cursor = http().get(world.url("/v3/payments?cursor=x"));
    let answer = cursor.basic_auth(SHOP, Some(SECRET)).send().await.unwrap();
    assert_eq!(status(answer), StatusCode::BAD_REQUEST);
    let answer = http().get(world.url("/v3/nothing")).send().await.unwrap();
    assert_eq!(status(answer), StatusCode::NOT_FOUND);
    let answer = http().get(world.url("/healthz")).send().await.unwrap();
    assert_eq!(status(answer), StatusCode::OK);
}

#[tokio::test]
async fn metadata_is_echoed_and_the_list_is_newest_first() {
    let world = World::new().await;
    let mut ids = Vec::new();
    for key in ["1", "2", "3"] {
        let (_, created) = world.post("/v3/payments", Some(key), &body()).await;
        assert_eq!(created["metadata"], body()["metadata"]);
        ids.insert(0, created["id"].clone());
    }
    let list = async |query: &str| -> Value {
        let request = http().get(world.url(&format!("/v3/payments?{query}")));
        let answer = request.basic_auth(SHOP, Some(SECRET)).send().await;
        answer.unwrap().json().await.unwrap()
    };
    let page = list("limit=2").await;
    assert_eq!(page["items"][0]["id"], ids[0]);
    assert_eq!(page["items"][1]["id"], ids[1]);
    let cursor = page["next_cursor"].as_str().unwrap();
    let page = list(&format!("cursor={cursor}")).await;
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
    assert_eq!(page["items"][0]["id"], ids[2]);
    assert!(page["next_cursor"].is_null());
}

#[tokio::test]
async fn the_page_shows_the_payment_as_text_and_its_buttons_work() {
    let world = World::new().await;
    let client = world.client();
    let payment = client.create(&order(199_000)).await.unwrap();
    let url = payment.confirmation_url.unwrap();
    let page = http().get(&url).send().await.unwrap();
    assert!(page.headers().contains_key("content-security-policy"));
    let page = page.text().await.unwrap();
    assert!(page.contains("Подписка &lt;b&gt;«Про»&lt;/b&gt;"), "{page}");
    assert!(page.contains("1\u{a0}990,00\u{a0}₽"), "{page}");
    assert!(page.contains("01.03.2026 16:00 МСК"), "{page}");
    assert!(page.contains(&format!("action=\"/pay/{}/decline\"", payment.id)));

    let page = http().post(format!("{url}/approve")).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    assert_eq!(
        page.url().as_str(),
        url,
        "the result has an address to reload"
    );
    let page = page.text().await.unwrap();
    assert!(page.contains("<h1>Оплачено</h1>"), "{page}");
    assert!(page.contains("href=\"https://shop.example/thanks?a=1&amp;b=2\""));
    assert!(!page.contains("<form"));

    let page = http().post(format!("{url}/decline")).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::CONFLICT);
    assert!(page.text().await.unwrap().contains("<h1>Оплачено</h1>"));
    let page = http().get(world.url("/pay/nothing")).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_restart_loses_no_payment_and_no_webhook() {
    let file = std::env::temp_dir().join(format!("sandbox-{}.json", support::random_key()));
    // Nobody listens there: the announcement stays to be made.
    let nowhere = Some("http://127.0.0.1:1/hook".to_owned());
    let world = World::with(nowhere, Some(file.clone())).await;
    let client = world.client();
    let (waiting, paying) = (order(100), order(200));
    let waiting_id = client.create(&waiting).await.unwrap().id;
    let paid_id = client.create(&paying).await.unwrap().id;
    world.press("approve", &paid_id).await;
    world.kill().await;

    let mut receiver = Receiver::new(0).await;
    let world = World::with(Some(receiver.url.clone()), Some(file.clone())).await;
    let client = world.client();
    assert_eq!(receiver.next().await["object"]["id"], paid_id.as_str());
    assert_eq!(
        client.get(&paid_id).await.unwrap().status,
        PaymentStatus::Succeeded
    );
    let again = client.create(&waiting).await.unwrap();
    assert_eq!(again.id, waiting_id);
    assert_eq!(world.press("approve", &waiting_id).await.0, StatusCode::OK);
    assert_eq!(receiver.next().await["object"]["id"], waiting_id.as_str());
    world.kill().await;
    std::fs::remove_file(&file).unwrap();
}

#[tokio::test]
async fn a_restart_without_anything_to_announce_answers() {
    let file = std::env::temp_dir().join(format!("sandbox-{}.json", support::random_key()));
    let world = World::with(None, Some(file.clone())).await;
    let id = world.client().create(&order(100)).await.unwrap().id;
    world.kill().await;
    let world = World::with(None, Some(file.clone())).await;
    assert_eq!(
        world.client().get(&id).await.unwrap().status,
        PaymentStatus::Pending
    );
    std::fs::remove_file(&file).unwrap();
}

#[tokio::test]
async fn what_cannot_be_saved_is_not_acknowledged_until_it_can() {
    let folder = std::env::temp_dir().join(format!("sandbox-{}", support::random_key()));
    let world = World::with(None, Some(folder.join("state.json"))).await;
    std::fs::remove_dir(&folder).unwrap();
    let order = order(100);
    let error = world.client().create(&order).await.unwrap_err();
    assert!(error.outcome_unknown(), "{error:?}");
    std::fs::create_dir(&folder).unwrap();
    // The writer tries again by itself, so the same key gets its answer.
    let mut created = world.client().create(&order).await;
    for _ in 0..50 {
        if created.is_ok() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        created = world.client().create(&order).await;
    }
    created.unwrap();
    world.kill().await;
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn a_missing_variable_is_named() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_payment_sandbox"))
        .env_clear()
        .env("SANDBOX_ADDR", "127.0.0.1:0")
        .output()
        .unwrap();
    assert!(!output.status.success());
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("PAYMENT_SHOP_ID"), "{text}");
}
