//! The paths that most users take.

use serde_json::json;
use testkit::{Audience, Effect, PASSWORD, PromoSpec, RULES, World, now};

#[tokio::test]
async fn registration_leads_to_a_paid_subscription() {
    let world = World::new().await;
    let user = world.user().await;
    let tariff = world.tariff(29_900).await;
    let promo = world
        .promo(PromoSpec {
            effect: Effect::FixedPrice(9_900),
            tariffs: Some(vec![tariff.id]),
            audience: Audience::User(user.id),
            listed: true,
            ..PromoSpec::default()
        })
        .await;
    let listed = || async {
        let answer = user.promocodes().await;
        let promocodes = answer.success(200)["promocodes"].as_array().unwrap();
        let own = promocodes.iter().find(|p| p["promocode_id"] == promo.id);
        own.cloned().expect("the promo code is listed")
    };

    let shown = listed().await;
    assert_eq!(shown["promocode"], promo.code);
    assert_eq!(shown["applied"], json!(null));
    assert_eq!(
        shown["offers"],
        json!([{
            "tariff": tariff.id, "title": tariff.title,
            "price": { "amount": "299.00", "currency": "RUB" },
            "discount": { "amount": "200.00", "currency": "RUB" },
            "total": { "amount": "99.00", "currency": "RUB" },
        }])
    );

    let applied = user.apply(&promo, &tariff).await;
    let hold = applied.success(201).clone();
    assert_eq!(hold["state"], "applied");
    assert_eq!(hold["promocode_id"], promo.id);
    assert_eq!(hold["promocode"], promo.code);
    assert_eq!(hold["tariff"], tariff.id);
    assert_eq!(hold["price"], shown["offers"][0]["price"]);
    assert_eq!(hold["discount"], shown["offers"][0]["discount"]);
    assert_eq!(hold["total"], shown["offers"][0]["total"]);
    let expires_at: jiff::Timestamp = applied.text("expires_at").parse().unwrap();
    let left = expires_at.duration_since(now()).as_secs();
    assert!((29 * 60..=30 * 60).contains(&left), "{left} s");

    let decision = world.decision(applied.uuid("decision_id")).await;
    assert!(decision.accepted && decision.refusals().is_empty());
    assert_eq!(decision.outcomes.len(), RULES, "{:?}", decision.outcomes);

    let again = user.apply(&promo, &tariff).await;
    assert_eq!(again.success(200), &hold, "the same hold");
    assert_eq!(world.taken(&promo).await, 1);
    let held = listed().await;
    assert_eq!(held["applied"]["application_id"], hold["application_id"]);

    let cancelled = user.cancel(&promo).await;
    assert_eq!(
        cancelled.success(200),
        &json!({ "cancelled": [
            { "application_id": hold["application_id"], "tariff": tariff.id, "state": "cancelled" },
        ] })
    );
    let twice = user.cancel(&promo).await;
    assert_eq!(twice.success(200), &cancelled.json);
    assert_eq!(world.taken(&promo).await, 0);

    let applied = user.apply(&promo, &tariff).await;
    applied.success(201);
    assert_ne!(applied.json["application_id"], hold["application_id"]);

    let bought = user.buy(&promo, &tariff).await;
    let purchase = bought.success(201);
    assert_eq!(purchase["status"], "pending");
    assert_eq!(purchase["total"], hold["total"]);
    assert!(purchase.get("subscription").is_none());
    world.sandbox.approve(bought.text("confirmation_url")).await;
    let purchase = world
        .until_purchase(bought.uuid("purchase_id"), "paid")
        .await;
    assert_eq!(purchase.application_id, applied.uuid("application_id"));
    assert_eq!(purchase.total_minor, 9_900);
    assert_eq!(
        world.application(purchase.application_id).await.state,
        "used"
    );
    let (from, to) = purchase.subscription.expect("a subscription");
    let days = to.duration_since(from).as_hours() / 24;
    assert!((28..=31).contains(&days), "a month, not {days} days");
    assert!(now().duration_since(from).as_secs() < 60);
    user.cancel(&promo)
        .await
        .problem(409, "application_already_used");
    user.apply(&promo, &tariff)
        .await
        .refused(&["user_limit_reached"]);
    world.finish().await;
}

#[tokio::test]
async fn use_promocode_applies_and_buys_by_text() {
    let world = World::new().await;
    let user = world.user().await;
    let tariff = world.tariff(10_000).await;
    let promo = world.promo(PromoSpec::default()).await;
    // As people type it: in lower case, with separators and Cyrillic letters that look like Latin ones.
    let typed = promo
        .code
        .to_lowercase()
        .replace("e2e", "%D0%B52-%D0%95%20");
    let path = format!("/use_promocode?promocode={typed}&tariff={}", tariff.id);
    let bought = user.call("POST", &path).send().await;
    assert_eq!(bought.success(200)["total"]["amount"], "0.00");
    let path = format!("/cancel_apply_promocode?promocode={typed}");
    let cancelled = user.call("POST", &path).send().await;
    cancelled.problem(409, "application_already_used");
    world.finish().await;
}

#[tokio::test]
async fn code_typed_in_russian_layout_is_found() {
    let world = World::new().await;
    let user = world.user().await;
    let tariff = world.tariff(10_000).await;
    let promo = world.promo(PromoSpec::default()).await;
    let slipped: String = promo
        .code
        .to_lowercase()
        .chars()
        .map(|c| match c {
            'a' => 'ф',
            'b' => 'и',
            'c' => 'с',
            'd' => 'в',
            'e' => 'у',
            'f' => 'а',
            digit => digit,
        })
        .collect();
    let typed: String = slipped.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let path = format!("/apply_promocode?promocode={typed}&tariff={}", tariff.id);
    let hold = user.call("POST", &path).send().await;
    assert_eq!(hold.success(201)["promocode"], promo.code);
    let path = format!("/cancel_apply_promocode?promocode={typed}");
    user.call("POST", &path).send().await.success(200);
    world.finish().await;
}

#[tokio::test]
async fn refresh_repeats_are_distinguished_from_theft() {
    let world = World::new().await;
    let user = world.user().await;
    let refresh = |token: String| {
        let call = world.client.call("POST", "/refresh_token");
        call.json(&json!({ "refresh_token": token })).send()
    };
    let second = refresh(user.refresh_token.clone()).await;
    let tokens = second.success(200);
    assert_eq!(
        (&tokens["token_type"], &tokens["expires_in"]),
        (&json!("Bearer"), &json!(600))
    );
    assert_ne!(second.text("refresh_token"), user.refresh_token);
    let call = world.client.call("GET", "/get_active_promocodes");
    call.bearer(second.text("access_token"))
        .send()
        .await
        .success(200);

    // A lost answer: if it is retried soon, the same token gets the same successor.
    let repeated = refresh(user.refresh_token.clone()).await;
    repeated.success(200);
    assert_eq!(repeated.text("refresh_token"), second.text("refresh_token"));

    let third = refresh(second.text("refresh_token").to_owned()).await;
    third.success(200);
    // The grandparent is reused: there are two copies of the tokens, so the session ends for both holders.
    let stolen = refresh(user.refresh_token.clone()).await;
    stolen.problem(401, "refresh_token_reused");
    let after = refresh(third.text("refresh_token").to_owned()).await;
    after.problem(401, "refresh_token_invalid");
    user.promocodes().await.problem(401, "token_revoked");
    world.finish().await;
}

#[tokio::test]
async fn logout_ends_only_its_session() {
    let world = World::new().await;
    let user = world.user().await;
    let mut elsewhere = user.clone();
    let login = user.log_in().await;
    elsewhere.access_token = login.text("access_token").to_owned();

    user.log_out().await.success(204);
    user.log_out().await.success(204);
    user.promocodes().await.problem(401, "token_revoked");
    let call = world.client.call("POST", "/refresh_token");
    let refresh = call.json(&json!({ "refresh_token": user.refresh_token }));
    refresh.send().await.problem(401, "refresh_token_invalid");
    elsewhere.promocodes().await.success(200);
    world.finish().await;
}

#[tokio::test]
async fn deleted_account_is_gone() {
    let world = World::new().await;
    let user = world.user().await;
    let tariff = world.tariff(29_900).await;
    let promo = world.promo(PromoSpec::default()).await;
    let call = user.call("DELETE", "/delete");
    let wrong = call.json(&json!({ "password": "not the password" }));
    wrong.send().await.problem(401, "invalid_credentials");
    let applied = user.apply(&promo, &tariff).await;
    applied.success(201);

    user.delete().await.success(204);
    user.log_in().await.problem(401, "invalid_credentials");
    user.apply(&promo, &tariff)
        .await
        .problem(401, "token_revoked");
    user.delete().await.problem(401, "token_revoked");
    world.until_status(user.id, "deleted").await;
    let hold = world.application(applied.uuid("application_id")).await;
    assert_eq!(hold.cancel_reason.as_deref(), Some("user_deleted"));
    assert_eq!(world.taken(&promo).await, 0);

    // The address is free again, and the new account has another ID.
    let body = json!({ "email": user.email, "password": PASSWORD });
    let call = world.client.call("POST", "/user_registration").json(&body);
    let reborn = call.send().await;
    reborn.success(201);
    assert_ne!(reborn.uuid("user_id"), user.id);
    world.finish().await;
}
