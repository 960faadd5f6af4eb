//! Promo codes for first purchases: each person has one first purchase, whichever is paid first.

use testkit::{Answer, Effect, FirstPurchase, Promo, PromoSpec, Tariff, User, World, join_all};

async fn for_first(world: &World, kind: FirstPurchase) -> Promo {
    let spec = PromoSpec {
        first_purchase: Some(kind),
        per_user_limit: None,
        listed: true,
        ..PromoSpec::default()
    };
    world.promo(spec).await
}

async fn free(world: &World, effect: Effect) -> Promo {
    let spec = PromoSpec {
        effect,
        ..PromoSpec::default()
    };
    world.promo(spec).await
}

async fn pay(world: &World, user: &User, bought: &Answer) {
    bought.success(201);
    world.sandbox.approve(bought.text("confirmation_url")).await;
    let id = bought.uuid("purchase_id");
    user.until_purchase(id, "paid").await;
}

async fn is_shown(user: &User, promo: &Promo) -> bool {
    let answer = user.promocodes().await;
    let shown = answer.success(200)["promocodes"].as_array().unwrap();
    shown.iter().any(|shown| shown["promocode_id"] == promo.id)
}

/// Checks that the only reason for refusal is `not_first_purchase`, and returns its observed value.
async fn not_first(world: &World, user: &User, promo: &Promo, tariff: &Tariff) -> String {
    let reasons = world
        .refuses(user, promo, tariff, &["not_first_purchase"])
        .await;
    assert!(!is_shown(user, promo).await);
    reasons[0]["observed"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn free_purchase_counts_only_where_any_purchase_does() {
    let world = World::new().await;
    let tariff = world.tariff(29_900).await;
    let (paid, any) = (
        for_first(&world, FirstPurchase::Paid).await,
        for_first(&world, FirstPurchase::Any).await,
    );
    for effect in [Effect::Free(7), Effect::PercentOff(10_000, None)] {
        let user = world.user().await;
        assert!(is_shown(&user, &any).await);
        let free = free(&world, effect).await;
        user.buy(&free, &tariff).await.success(200);
        assert_eq!(
            not_first(&world, &user, &any, &tariff).await,
            "has_purchased"
        );
        assert!(is_shown(&user, &paid).await);
        let bought = user.buy(&paid, &tariff).await;
        pay(&world, &user, &bought).await;
        assert_eq!(
            not_first(&world, &user, &paid, &tariff).await,
            "has_purchased"
        );
    }
    world.finish().await;
}

#[tokio::test]
async fn person_has_one_application_for_a_first_purchase() {
    let world = World::new().await;
    let user = world.user().await;
    let tariffs = [
        world.tariff(29_900).await,
        world.tariff(29_900).await,
        world.tariff(29_900).await,
    ];
    let promos = [
        for_first(&world, FirstPurchase::Paid).await,
        for_first(&world, FirstPurchase::Any).await,
        for_first(&world, FirstPurchase::Paid).await,
    ];
    let applications = promos
        .iter()
        .zip(&tariffs)
        .map(|(promo, tariff)| user.apply(promo, tariff));
    let answers = join_all(applications).await;
    let (applied, refused): (Vec<_>, Vec<_>) =
        answers.iter().partition(|answer| answer.status == 201);
    assert_eq!(applied.len(), 1, "{answers:#?}");
    for answer in refused {
        answer.refused(&["not_first_purchase"]);
        assert_eq!(answer.json["reasons"][0]["observed"], "applied");
    }
    // Cancelling it makes room for another.
    let first = promos
        .iter()
        .position(|promo| promo.id == applied[0].json["promocode_id"].as_i64().unwrap());
    let first = first.unwrap();
    user.cancel(&promos[first]).await.success(200);
    let next = (first + 1) % 3;
    let bought = user.buy(&promos[next], &tariffs[next]).await;
    bought.success(201);
    assert_eq!(
        not_first(&world, &user, &promos[first], &tariffs[first]).await,
        "paying"
    );
    world.finish().await;
}

#[tokio::test]
async fn another_purchase_before_buying_voids_the_application() {
    let world = World::new().await;
    let user = world.user().await;
    let (tariff, other) = (world.tariff(29_900).await, world.tariff(29_900).await);
    let promo = for_first(&world, FirstPurchase::Paid).await;
    let applied = user.apply(&promo, &tariff).await;
    pay(&world, &user, &user.buy_tariff(&other).await).await;

    user.buy(&promo, &tariff)
        .await
        .refused(&["not_first_purchase"]);
    let application = world.application(applied.uuid("application_id")).await;
    assert_eq!(
        application.cancel_reason.as_deref(),
        Some("not_first_purchase")
    );
    assert_eq!(world.taken(&promo).await, 0);
    world.finish().await;
}

#[tokio::test]
async fn another_purchase_before_paying_means_a_refund() {
    let world = World::new().await;
    let user = world.user().await;
    let (tariff, other) = (world.tariff(29_900).await, world.tariff(29_900).await);
    let promo = for_first(&world, FirstPurchase::Paid).await;
    let discounted = user.buy(&promo, &tariff).await;
    discounted.success(201);
    pay(&world, &user, &user.buy_tariff(&other).await).await;

    let page = discounted.text("confirmation_url");
    world.sandbox.approve(page).await;
    let id = discounted.uuid("purchase_id");
    let failed = user.until_purchase(id, "failed").await;
    assert_eq!(failed.json["failure"], "not_first_purchase");
    world.until_ledger(id, &[19_900, -19_900]).await;
    assert_eq!(world.taken(&promo).await, 0);
    let tariffs: Vec<_> = user
        .subscriptions()
        .await
        .iter()
        .map(|subscription| subscription["tariff"].as_i64().unwrap())
        .collect();
    assert_eq!(tariffs, [other.id]);
    world.finish().await;
}

#[tokio::test]
async fn purchases_of_a_deleted_account_count() {
    let world = World::new().await;
    let user = world.user().await;
    let tariff = world.tariff(29_900).await;
    let promo = for_first(&world, FirstPurchase::Paid).await;
    let full = free(&world, Effect::PercentOff(10_000, None)).await;
    pay(&world, &user, &user.buy_tariff(&tariff).await).await;
    user.buy(&full, &tariff).await.success(200);
    user.delete().await.success(204);

    let again = world.register_again(&user.email).await;
    assert_eq!(
        not_first(&world, &again, &promo, &tariff).await,
        "has_purchased"
    );
    world
        .refuses(&again, &full, &tariff, &["user_limit_reached"])
        .await;
    world.finish().await;
}
