//! Which codes are refused, and for what reasons.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use testkit::{Audience, Effect, PromoSpec, PromotionStatus, World, now};
use uuid::Uuid;

fn in_seconds(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

#[tokio::test]
async fn code_works_only_within_its_period() {
    let world = World::new().await;
    let user = world.user().await;
    let tariff = world.tariff(29_900).await;
    let period = async |starts_at, ends_at| {
        let spec = PromoSpec {
            starts_at,
            ends_at,
            ..PromoSpec::default()
        };
        world.promo(spec).await
    };

    let starts_at = in_seconds(3_600);
    let early = period(starts_at, None).await;
    let reasons = world
        .refuses(&user, &early, &tariff, &["promo_not_started"])
        .await;
    assert_eq!(reasons[0]["required"], starts_at.to_string());

    let ends_at = in_seconds(-1);
    let late = period(in_seconds(-3_600), Some(ends_at)).await;
    let reasons = world.refuses(&user, &late, &tariff, &["promo_ended"]).await;
    assert_eq!(reasons[0]["required"], ends_at.to_string());
    let observed: Timestamp = reasons[0]["observed"].as_str().unwrap().parse().unwrap();
    assert!(now().duration_since(observed).as_secs() < 10);

    let open = period(in_seconds(-1), Some(in_seconds(3_600))).await;
    user.apply(&open, &tariff).await.success(201);
    world.finish().await;
}

#[tokio::test]
async fn paused_code_is_refused_and_draft_is_hidden() {
    let world = World::new().await;
    let user = world.user().await;
    let tariff = world.tariff(29_900).await;
    let with = async |status| {
        let spec = PromoSpec {
            status,
            ..PromoSpec::default()
        };
        world.promo(spec).await
    };
    let paused = with(PromotionStatus::Paused).await;
    let reasons = world
        .refuses(&user, &paused, &tariff, &["promo_not_active"])
        .await;
    assert_eq!(reasons[0]["observed"], "paused");
    assert_eq!(reasons[0]["required"], "active");
    for status in [PromotionStatus::Draft, PromotionStatus::Archived] {
        let promo = with(status).await;
        world
            .hides(&user, &promo, &tariff, &["promo_not_active"])
            .await;
    }
    world.finish().await;
}

#[tokio::test]
async fn personal_code_is_hidden_from_others() {
    let world = World::new().await;
    let (named, other) = (world.user().await, world.user().await);
    let tariff = world.tariff(29_900).await;
    let promo = world
        .promo(PromoSpec {
            audience: Audience::User(named.id),
            listed: true,
            ..PromoSpec::default()
        })
        .await;
    world
        .hides(&other, &promo, &tariff, &["code_for_another_user"])
        .await;
    let list = other.promocodes().await;
    assert!(!list.success(200).to_string().contains(&promo.code));
    named.apply(&promo, &tariff).await.success(201);
    world.finish().await;
}

#[tokio::test]
async fn code_works_for_its_tariffs_one_per_purchase() {
    let world = World::new().await;
    let user = world.user().await;
    let (mine, other) = (world.tariff(29_900).await, world.tariff(29_900).await);
    let spec = PromoSpec {
        tariffs: Some(vec![mine.id]),
        ..PromoSpec::default()
    };
    let promo = world.promo(spec).await;
    let reasons = world
        .refuses(&user, &promo, &other, &["tariff_not_in_scope"])
        .await;
    assert_eq!(reasons[0]["observed"], other.id);
    assert_eq!(reasons[0]["required"], json!([mine.id]));

    user.apply(&promo, &mine).await.success(201);
    let second = world.promo(PromoSpec::default()).await;
    let reasons = world
        .refuses(&user, &second, &mine, &["another_promo_applied"])
        .await;
    assert_eq!(reasons[0]["observed"], promo.id);
    user.cancel(&promo).await.success(200);
    user.apply(&second, &mine).await.success(201);
    world.finish().await;
}

#[tokio::test]
async fn refusal_lists_all_reasons_and_leads_with_the_first() {
    let world = World::new().await;
    let user = world.user().await;
    let (tariff, scope) = (world.tariff(29_900).await, world.tariff(29_900).await);
    let promo = world
        .promo(PromoSpec {
            effect: Effect::FixedPrice(29_900),
            starts_at: in_seconds(-7_200),
            ends_at: Some(in_seconds(-3_600)),
            tariffs: Some(vec![scope.id]),
            status: PromotionStatus::Paused,
            ..PromoSpec::default()
        })
        .await;
    let reasons = [
        "promo_not_active",
        "promo_ended",
        "tariff_not_in_scope",
        "no_benefit",
    ];
    world.refuses(&user, &promo, &tariff, &reasons).await;
    world.finish().await;
}

#[tokio::test]
async fn codes_are_for_registered_active_users() {
    let world = World::new().await;
    let user = world.user().await;
    let tariff = world.tariff(29_900).await;
    let promo = world.promo(PromoSpec::default()).await;
    world.set_loyalty_status(user.id, "blocked").await;
    let reasons = world
        .refuses(&user, &promo, &tariff, &["user_not_active"])
        .await;
    assert_eq!(reasons[0]["observed"], "blocked");

    // A valid token of a user whose event has not arrived.
    let mut stranger = user.clone();
    stranger.id = Uuid::from_u128(now().as_nanosecond().unsigned_abs());
    stranger.access_token = world.forge().good(stranger.id);
    world
        .refuses(&stranger, &promo, &tariff, &["user_not_registered"])
        .await;
    world.finish().await;
}
