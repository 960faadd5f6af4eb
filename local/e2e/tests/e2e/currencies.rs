//! Codes and tariffs in different currencies.

use pg::AdHoc;
use serde_json::{Value, json};
use testkit::{Audience, Effect, Promo, PromoSpec, World};

#[tokio::test]
async fn code_with_amounts_works_in_its_currency_only() {
    let world = World::new().await;
    let user = world.user().await;
    let (roubles, dollars) = (
        world.tariff(29_900).await,
        world.tariff_in("USD", 29_900).await,
    );
    let half = Effect::PercentOff(5_000, None);
    let campaign = world.campaign(None, Some(1_000_000)).await;
    let in_roubles = PromoSpec {
        audience: Audience::User(user.id),
        tariffs: Some(vec![roubles.id, dollars.id]),
        listed: true,
        ..PromoSpec::default()
    };
    let with = |effect| PromoSpec {
        effect,
        ..in_roubles.clone()
    };
    for spec in [
        with(Effect::FixedPrice(100)),
        with(Effect::AmountOff(10_000)),
        with(Effect::PercentOff(5_000, Some(10_000))),
        PromoSpec {
            min_price_minor: Some(50),
            ..with(half)
        },
        PromoSpec {
            budget_minor: Some(1_000_000),
            ..with(half)
        },
        PromoSpec {
            campaign: Some(campaign),
            ..with(half)
        },
    ] {
        let promo = world.promo(spec.clone()).await;
        let reasons = world
            .refuses(&user, &promo, &dollars, &["currency_mismatch"])
            .await;
        assert_eq!(
            (&reasons[0]["observed"], &reasons[0]["required"]),
            (&json!("USD"), &json!("RUB")),
            "{spec:?}"
        );
        assert_eq!(world.count_applications(&promo).await, 0);

        let list = user.promocodes().await;
        let codes = list.success(200)["promocodes"].as_array().unwrap();
        let code = codes.iter().find(|code| code["promocode_id"] == promo.id);
        let offers = code.unwrap()["offers"].as_array().unwrap();
        let tariffs: Vec<&Value> = offers.iter().map(|offer| &offer["tariff"]).collect();
        assert_eq!(tariffs, [&json!(roubles.id)]);
        user.apply(&promo, &roubles).await.success(201);
        user.cancel(&promo).await.success(200);
    }

    let in_dollars = world
        .promo(PromoSpec {
            currency: "USD",
            ..PromoSpec::default()
        })
        .await;
    let reasons = world
        .refuses(&user, &in_dollars, &roubles, &["currency_mismatch"])
        .await;
    assert_eq!(reasons[0]["required"], "USD");
    let hold = user.apply(&in_dollars, &dollars).await;
    let total = json!({ "amount": "199.00", "currency": "USD" });
    assert_eq!(hold.success(201)["total"], total);
    world.finish().await;
}

#[tokio::test]
async fn code_without_amounts_works_in_any_currency() {
    let world = World::new().await;
    let user = world.user().await;
    for currency in ["RUB", "USD"] {
        let tariff = world.tariff_in(currency, 29_900).await;
        let spec = PromoSpec {
            effect: Effect::PercentOff(3_000, None),
            ..PromoSpec::default()
        };
        let promo = world.promo(spec).await;
        let hold = user.apply(&promo, &tariff).await;
        let total = json!({ "amount": "209.30", "currency": currency });
        assert_eq!(hold.success(201)["total"], total);
    }
    let dollars = world.tariff_in("USD", 29_900).await;
    let spec = PromoSpec {
        effect: Effect::Free(14),
        ..PromoSpec::default()
    };
    let trial = world.promo(spec).await;
    let bought = user.buy(&trial, &dollars).await;
    let total = json!({ "amount": "0.00", "currency": "USD" });
    let bought = bought.success(200);
    assert_eq!(
        (&bought["status"], &bought["total"]),
        (&json!("paid"), &total)
    );
    world.finish().await;
}

#[tokio::test]
async fn eligibility_uses_the_currency_of_that_time() {
    let world = World::new().await;
    let (user, support) = (world.user().await, world.staff("support").await);
    let dollars = world.tariff_in("USD", 29_900).await;
    let promo = world.promo(PromoSpec::default()).await;
    world
        .refuses(&user, &promo, &dollars, &["currency_mismatch"])
        .await;
    let then = testkit::now();
    let sql = "UPDATE promotions SET currency = 'USD' WHERE id = $1";
    let params: [pg::Param; 1] = [(&promo.promotion, pg::Type::INT8)];
    world.loyalty.execute(sql, &params).await.unwrap();

    let eligible = async |at: &str| {
        let path = format!(
            "/admin/eligibility?user_id={}&promocode_id={}&tariff={}{at}",
            user.id, promo.id, dollars.id
        );
        let answer = support.call("GET", &path).send().await;
        answer.success(200)["passes"].clone()
    };
    assert_eq!(eligible(&format!("&at={then}")).await, false);
    assert_eq!(eligible("").await, true);
    user.apply(&promo, &dollars).await.success(201);
    world.finish().await;
}

#[tokio::test]
async fn budget_counts_one_currency() {
    let world = World::new().await;
    let (marketer, user) = (world.staff("marketer").await, world.user().await);
    let roubles = world.tariff(29_900).await;
    let dollars = world.tariff_in("USD", 10_000).await;
    let fields = json!({
        "promocodes": [{ "promocode": testkit::unique("CUR") }], "title": "30 %", "status": "active", "starts_at": "2026-03-01T00:00",
        "effect": { "kind": "percent_off", "basis_points": 3000 },
    });
    let make = marketer.call("POST", "/admin/promotions").json(&fields);
    let made = make.send().await;
    let code = &made.success(201)["promocodes"][0];
    let promo = Promo {
        id: code["promocode_id"].as_i64().unwrap(),
        promotion: made.json["promotion_id"].as_i64().unwrap(),
        code: code["promocode"].as_str().unwrap().to_owned(),
    };
    let path = format!("/admin/promotions/{}", promo.promotion);
    let change = async |changes: Value| {
        let call = marketer.call("PATCH", &path).header("if-match", "*");
        call.json(&changes).send().await
    };

    user.apply(&promo, &roubles).await.success(201);
    user.apply(&promo, &dollars).await.success(201);
    let answer = marketer.call("GET", &path).send().await;
    // Discounts of roubles and of dollars have no sum.
    assert_eq!(answer.success(200)["usage"], json!({ "taken": 2 }));

    for currency in ["RUB", "USD", "EUR"] {
        let refused = change(json!({ "budget": "500.00", "currency": currency })).await;
        let errors = &refused.problem(422, "validation_failed")["errors"];
        assert_eq!(errors[0]["field"], "budget", "{refused}");
    }
    // A cap, unlike a budget, is not compared with past discounts, so it may be set.
    let cap = json!({ "kind": "percent_off", "basis_points": 3000, "cap": "500.00" });
    let changed = change(json!({ "effect": cap, "currency": "USD" })).await;
    assert_eq!(changed.success(200)["currency"], "USD");
    user.cancel(&promo).await.success(200);
    user.cancel(&promo).await.success(200);
    change(json!({ "status": "archived" })).await.success(200);
    world.finish().await;
}
