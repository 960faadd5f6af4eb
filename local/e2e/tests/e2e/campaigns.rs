//! Budgets, campaigns, and unlisted codes.

use pg::AdHoc;
use testkit::{Effect, PromoSpec, World};

#[tokio::test]
async fn budget_refusal_names_the_missing_amount() {
    let world = World::new().await;
    let users = world.users(2).await;
    let tariff = world.tariff(29_900).await;
    let spec = PromoSpec {
        effect: Effect::PercentOff(5_000, None),
        budget_minor: Some(20_000),
        ..PromoSpec::default()
    };
    let promo = world.promo(spec).await;
    users[0].apply(&promo, &tariff).await.success(201);
    let reasons = world
        .refuses(&users[1], &promo, &tariff, &["promo_budget_reached"])
        .await;
    assert_eq!(reasons[0]["observed"]["amount"], "149.50");
    assert_eq!(reasons[0]["required"]["amount"], "200.00");
    assert_eq!(reasons[0]["change"]["amount"], "99.00");
    let cheaper = world.tariff(10_000).await;
    users[1].apply(&promo, &cheaper).await.success(201);
    world.finish().await;
}

#[tokio::test]
async fn codes_share_limit_budget_and_status_of_their_campaign() {
    let world = World::new().await;
    let users = world.users(3).await;
    let tariff = world.tariff(29_900).await;
    let campaign = world.campaign(Some(2), Some(25_000)).await;
    let spec = PromoSpec {
        campaign: Some(campaign),
        ..PromoSpec::default()
    };
    let (one, other) = (world.promo(spec.clone()).await, world.promo(spec).await);
    users[0].apply(&one, &tariff).await.success(201);
    users[1].apply(&other, &tariff).await.success(201);
    let reasons = ["campaign_limit_reached", "campaign_budget_reached"];
    world.refuses(&users[2], &one, &tariff, &reasons).await;
    users[0].cancel(&one).await.success(200);
    users[2].apply(&other, &tariff).await.success(201);

    let set = async |status: &str| {
        let sql = format!("UPDATE campaigns SET status = '{status}' WHERE id = {campaign}");
        assert_eq!(world.loyalty.execute(&sql, &[]).await.unwrap(), 1);
    };
    set("paused").await;
    let reasons = [
        "campaign_not_active",
        "campaign_limit_reached",
        "campaign_budget_reached",
    ];
    world.refuses(&users[0], &one, &tariff, &reasons).await;
    set("archived").await;
    users[0]
        .apply(&one, &tariff)
        .await
        .problem(404, "promocode_not_found");
    world.finish().await;
}

#[tokio::test]
async fn unlisted_code_is_not_found_by_id() {
    let world = World::new().await;
    let user = world.user().await;
    let tariff = world.tariff(29_900).await;
    let promo = world.promo(PromoSpec::default()).await;
    let by_number = |path: &str| {
        let path = format!("/{path}?promocode_id={}&tariff={}", promo.id, tariff.id);
        user.call("POST", &path).send()
    };
    by_number("apply_promocode")
        .await
        .problem(404, "promocode_not_found");
    by_number("use_promocode")
        .await
        .problem(404, "promocode_not_found");
    let decision = world.last_decision(&user, &promo).await;
    assert_eq!(decision.refusals(), ["code_text_required"]);
    user.apply(&promo, &tariff).await.success(201);
    // A user who has applied the code may name it by ID.
    by_number("apply_promocode").await.success(200);
    by_number("cancel_apply_promocode").await.success(200);
    world.finish().await;
}

#[tokio::test]
async fn list_pages_contain_each_code_once() {
    let world = World::new().await;
    let user = world.user().await;
    let (tariff, other) = (world.tariff(90_000).await, world.tariff(90_000).await);
    let mut own = vec![];
    for kopecks in [500, 300, 300, 900, 100] {
        let spec = PromoSpec {
            effect: Effect::AmountOff(kopecks),
            tariffs: Some(vec![tariff.id, other.id]),
            audience: testkit::Audience::User(user.id),
            listed: true,
            ..PromoSpec::default()
        };
        own.push(world.promo(spec).await);
    }
    user.apply(&own[4], &tariff).await.success(201);
    let (mut seen, mut query, mut pages) = (vec![], "?limit=2".to_owned(), 0);
    loop {
        let answer = user
            .call("GET", &format!("/get_active_promocodes{query}"))
            .send()
            .await;
        let page = answer.success(200);
        let codes = page["promocodes"].as_array().unwrap();
        assert!(codes.len() <= 2);
        seen.extend(
            codes
                .iter()
                .filter_map(|code| code["promocode_id"].as_i64()),
        );
        pages += 1;
        match page["next_cursor"].as_str() {
            Some(cursor) => query = format!("?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    assert!(pages > 2);
    seen.retain(|id| own.iter().any(|promo| promo.id == *id));
    // Applied codes first, then the largest saving, then the lower ID.
    assert_eq!(
        seen,
        [own[4].id, own[3].id, own[0].id, own[1].id, own[2].id]
    );
    for bad in [
        "limit=0",
        "limit=101",
        "limit=x",
        "cursor=x",
        "cursor=1.2.3.4",
        "limit=1&limit=1",
    ] {
        let answer = user
            .call("GET", &format!("/get_active_promocodes?{bad}"))
            .send()
            .await;
        assert_eq!(answer.status, 400, "{answer}");
    }
    world.finish().await;
}
