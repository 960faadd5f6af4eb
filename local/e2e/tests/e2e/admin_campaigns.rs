//! Campaigns, as staff fill them in.

use serde_json::{Value, json};
use testkit::{Answer, Effect, PromoSpec, User, World, unique};

async fn create(staff: &User, body: &Value) -> Answer {
    let call = staff.call("POST", "/admin/campaigns");
    call.json(body).send().await
}

async fn change(staff: &User, id: i64, body: &Value) -> Answer {
    let call = staff.call("PATCH", &format!("/admin/campaigns/{id}"));
    call.header("if-match", "*").json(body).send().await
}

fn number(created: &Answer) -> i64 {
    created.success(201)["campaign_id"].as_i64().unwrap()
}

#[tokio::test]
async fn campaign_limits_pauses_and_ends_its_promo_codes() {
    let world = World::new().await;
    let marketer = world.staff("marketer").await;
    let users = world.users(3).await;
    let tariff = world.tariff(29_900).await;
    let title = unique("Spring");
    let created = create(
        &marketer,
        &json!({ "title": title, "total_limit": 1, "budget": "500000.00" }),
    )
    .await;
    let id = number(&created);
    let expected = json!({
        "campaign_id": id, "title": title, "status": "active", "total_limit": 1, "budget": "500000.00",
        "currency": "RUB", "usage": { "taken": 0, "discounts": "0.00" }, "version": 1,
        "created_at": created.success(201)["created_at"],
    });
    assert_eq!(created.success(201), &expected);
    let spec = PromoSpec {
        campaign: Some(id),
        ..PromoSpec::default()
    };
    let promo = world.promo(spec).await;
    users[0].apply(&promo, &tariff).await.success(201);
    let reasons = ["campaign_limit_reached"];
    world.refuses(&users[1], &promo, &tariff, &reasons).await;

    let changed = change(&marketer, id, &json!({ "total_limit": 2 })).await;
    assert_eq!(changed.success(200)["usage"]["taken"], 1);
    users[1].apply(&promo, &tariff).await.success(201);
    change(
        &marketer,
        id,
        &json!({ "total_limit": null, "status": "paused" }),
    )
    .await
    .success(200);
    let reasons = ["campaign_not_active"];
    world.refuses(&users[2], &promo, &tariff, &reasons).await;
    change(&marketer, id, &json!({ "status": "active" }))
        .await
        .success(200);
    users[2].apply(&promo, &tariff).await.success(201);

    let euros = json!({ "currency": "EUR", "budget": "1.00" });
    change(&marketer, id, &euros).await.invalid_field("budget");
    change(&marketer, id, &json!({ "status": "archived" }))
        .await
        .success(200);
    change(&marketer, id, &json!({ "status": "active" }))
        .await
        .problem(409, "campaign_archived");
    users[0].cancel(&promo).await.success(200);
    let answer = users[0].apply(&promo, &tariff).await;
    answer.problem(404, "promocode_not_found");

    let versions = marketer.call("GET", &format!("/admin/campaigns/{id}/versions"));
    let versions = versions.send().await.success(200)["items"].clone();
    let changed: Vec<&Value> = versions
        .as_array()
        .unwrap()
        .iter()
        .map(|version| &version["changed"])
        .collect();
    let expected = [
        json!(["status"]),
        json!(["status"]),
        json!(["status", "total_limit"]),
        json!(["total_limit"]),
        Value::Null,
    ];
    assert_eq!(changed, expected.iter().collect::<Vec<_>>());
    world.finish().await;
}

#[tokio::test]
async fn campaign_titles_are_unique_and_fields_are_checked() {
    let world = World::new().await;
    let marketer = world.staff("marketer").await;
    let (first, second) = (unique("One"), unique("Two"));
    let body = |title: &str| json!({ "title": title, "status": "paused" });
    let (one, two) = (
        number(&create(&marketer, &body(&first)).await),
        number(&create(&marketer, &body(&second)).await),
    );
    create(&marketer, &body(&first))
        .await
        .problem(409, "campaign_title_taken");
    change(&marketer, two, &json!({ "title": first }))
        .await
        .problem(409, "campaign_title_taken");
    let answer = change(&marketer, one, &json!({ "total_limit": 0, "budget": "1" })).await;
    let errors = answer.problem(422, "validation_failed")["errors"].clone();
    let fields: Vec<&Value> = errors
        .as_array()
        .unwrap()
        .iter()
        .map(|e| &e["field"])
        .collect();
    assert_eq!(fields, ["budget", "total_limit"]);
    change(&marketer, i64::MAX, &json!({}))
        .await
        .problem(404, "campaign_not_found");
    let path = format!("/admin/campaigns?title={first}&status=paused&sort=-title");
    let found = marketer.call("GET", &path).send().await;
    assert_eq!(found.success(200)["total"], 1);
    assert_eq!(found.success(200)["items"][0]["campaign_id"], one);
    for id in [one, two] {
        change(&marketer, id, &json!({ "status": "archived" }))
            .await
            .success(200);
    }
    world.finish().await;
}

#[tokio::test]
async fn campaign_used_in_another_currency_gets_no_budget() {
    let world = World::new().await;
    let (marketer, user) = (world.staff("marketer").await, world.user().await);
    let dollars = world.tariff_in("USD", 10_000).await;
    let id = number(&create(&marketer, &json!({ "title": unique("Dollars") })).await);
    let spec = PromoSpec {
        campaign: Some(id),
        effect: Effect::PercentOff(5_000, None),
        ..PromoSpec::default()
    };
    let promo = world.promo(spec).await;
    user.apply(&promo, &dollars).await.success(201);
    let path = format!("/admin/campaigns/{id}");
    let read = marketer.call("GET", &path).send().await;
    assert_eq!(read.success(200)["usage"], json!({ "taken": 1 }));
    change(&marketer, id, &json!({ "budget": "60.00" }))
        .await
        .invalid_field("budget");
    change(
        &marketer,
        id,
        &json!({ "budget": "60.00", "currency": "USD" }),
    )
    .await
    .success(200);
    user.cancel(&promo).await.success(200);
    world.finish().await;
}
