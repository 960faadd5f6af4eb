//! What the client does not use: raw calls, lists, and the payment page.

use axum::http::StatusCode;
use payments::Provider;
use serde_json::{Value, json};

use crate::support::{self, Receiver, SECRET, SHOP, World, http, order};

fn body() -> Value {
    json!({
        "amount": {"value": "5.00", "currency": "RUB"},
        "confirmation": {"type": "redirect", "return_url": support::RETURN_URL},
        "metadata": {"purchase_id": "p", "anything": "else"},
    })
}

#[tokio::test]
async fn errors_have_the_form_of_the_api() {
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
async fn lists_are_filtered_and_paged() {
    let world = World::new().await;
    let list = async |query: &str| -> (StatusCode, Value) {
        let request = http().get(world.url(&format!("/v3/{query}")));
        let answer = request.basic_auth(SHOP, Some(SECRET)).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    };
    let ids = |(_, page): &(StatusCode, Value)| -> Vec<String> {
        let items = page["items"].as_array().unwrap().iter();
        items
            .map(|item| item["id"].as_str().unwrap().to_owned())
            .collect()
    };
    let (client, paid) = (world.client(), world.paid(&order(500)).await);
    world.clock.forward(jiff::SignedDuration::from_mins(1));
    let pending = client.create(&order(500)).await.unwrap();
    let (paid_id, pending_id) = (paid.id.to_string(), pending.id.to_string());
    for (query, expected) in [
        ("status=succeeded", vec![&paid_id]),
        ("status=pending", vec![&pending_id]),
        ("status=canceled", vec![]),
        ("created_at.gte=2026-03-01T12:01:00.000Z", vec![&pending_id]),
        ("created_at.gt=2026-03-01T12:01:00Z", vec![]),
        ("created_at.lt=2026-03-01T12:01:00Z", vec![&paid_id]),
        (
            "created_at.lte=2026-03-01T12:01:00Z",
            vec![&pending_id, &paid_id],
        ),
        ("captured_at.gte=2026-03-01T12:00:00Z", vec![&paid_id]),
    ] {
        let found = list(&format!("payments?{query}")).await;
        assert_eq!(ids(&found).iter().collect::<Vec<_>>(), expected, "{query}");
    }
    for wrong in [
        "limit=0",
        "limit=x",
        "created_at.gte=x",
        "created_at.eq=1",
        "color=red",
    ] {
        let (status, error) = list(&format!("payments?{wrong}")).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{wrong}: {error}");
    }

    let mut made = Vec::new();
    for kopecks in [100, 200] {
        let new = support::refund(&paid, kopecks);
        made.insert(0, client.refund(&new).await.unwrap().id.to_string());
    }
    let of_payment = format!("refunds?payment_id={paid_id}");
    assert_eq!(ids(&list(&of_payment).await), made);
    let page = list(&format!("{of_payment}&limit=1&status=succeeded")).await;
    assert_eq!(ids(&page), made[..1]);
    let cursor = page.1["next_cursor"].as_str().unwrap();
    let page = list(&format!("{of_payment}&cursor={cursor}")).await;
    assert_eq!(ids(&page), made[1..]);
    assert!(page.1["next_cursor"].is_null());
    let of_other = format!("refunds?payment_id={pending_id}");
    assert_eq!(ids(&list(&of_other).await), Vec::<String>::new());
}

#[tokio::test]
async fn payment_page_escapes_text_and_its_buttons_work() {
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
    assert_eq!(page.url().as_str(), url, "the result page can be reloaded");
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
async fn later_calls_are_validated() {
    let world = World::new().await;
    let paid = world.paid(&order(500)).await;
    let refund = json!({
        "payment_id": paid.id.as_str(),
        "amount": {"value": "5.00", "currency": "RUB"},
    });
    let capture = format!("/v3/payments/{}/capture", paid.id);
    let cancel = format!("/v3/payments/{}/cancel", paid.id);
    for (path, body) in [
        ("/v3/refunds", &refund),
        (&capture, &json!({})),
        (&cancel, &json!({})),
    ] {
        let (status, error) = world.post(path, None, body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}");
        assert_eq!(error["parameter"], "Idempotence-Key", "{path}");
        let stranger = http().post(world.url(path)).json(body);
        let stranger = stranger.header("Idempotence-Key", "k").send().await;
        let status = stranger.unwrap().status();
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{path}");
    }
    for (pointer, value, parameter) in [
        ("/payment_id", json!(null), "payment_id"),
        ("/payment_id", json!(7), "payment_id"),
        ("/amount", json!(null), "amount"),
        ("/amount/value", json!("5"), "amount.value"),
        ("/amount/currency", json!("USD"), "amount.currency"),
    ] {
        let mut body = refund.clone();
        *body.pointer_mut(pointer).unwrap() = value;
        let (status, error) = world.post("/v3/refunds", Some("k"), &body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(error["parameter"], parameter, "{body}");
    }
    // None of these calls has used up the key.
    let (status, made) = world.post("/v3/refunds", Some("k"), &refund).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(made["status"], "succeeded");
    let page = http().get(world.url(&format!("/pay/{}", paid.id)));
    let page = page.send().await.unwrap().text().await.unwrap();
    assert!(page.contains("<h1>Деньги возвращены</h1>"), "{page}");
}

#[tokio::test]
async fn payment_page_offers_webhook_behaviour() {
    let mut receiver = Receiver::new(0).await;
    let world = World::with(Some(receiver.url.clone()), None).await;
    for (choice, button, event, times) in [
        ("lost", "approve", "", 0),
        ("twice", "decline", "payment.canceled", 2),
        ("", "approve", "payment.succeeded", 1),
        ("nonsense", "approve", "payment.succeeded", 1),
    ] {
        let payment = world.client().create(&order(100)).await.unwrap();
        let url = payment.confirmation_url.unwrap();
        let page = http().get(&url).send().await.unwrap().text().await.unwrap();
        let offered = page.contains(&format!("name=\"webhook\" value=\"{choice}\""));
        assert_eq!(offered, choice != "nonsense", "{page}");
        let form = http().post(format!("{url}/{button}"));
        let form = form.header("content-type", "application/x-www-form-urlencoded");
        let answer = form.body(format!("webhook={choice}")).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        for _ in 0..times {
            let body = receiver.next().await;
            assert_eq!(body["event"], event, "{choice}");
            assert_eq!(body["object"]["id"], payment.id.as_str(), "{choice}");
        }
    }
    assert!(receiver.is_quiet().await);
}

#[tokio::test]
async fn missing_variable_is_named() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_payment_sandbox"))
        .env_clear()
        .env("SANDBOX_ADDR", "127.0.0.1:0")
        .output()
        .unwrap();
    assert!(!output.status.success());
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("PAYMENT_SHOP_ID"), "{text}");
}
