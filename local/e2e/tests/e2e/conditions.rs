//! Codes for groups, first purchases, minimum prices and hours of the day, and codes with a daily limit.

use jiff::ToSpan;
use jiff::tz::TimeZone;
use serde_json::json;
use testkit::{Audience, Effect, FirstPurchase, PromoSpec, UserPeriod, World, now};

#[tokio::test]
async fn group_code_is_visible_to_members_only() {
    let world = World::new().await;
    let (member, other) = (world.user().await, world.user().await);
    let tariff = world.tariff(29_900).await;
    let (mine, empty) = (world.group(&[&member]).await, world.group(&[]).await);
    let promo = world
        .promo(PromoSpec {
            audience: Audience::Groups(vec![empty, mine]),
            listed: true,
            ..PromoSpec::default()
        })
        .await;
    world
        .hides(&other, &promo, &tariff, &["not_in_audience"])
        .await;
    let shown = |list: testkit::Answer| list.success(200).to_string().contains(&promo.code);
    assert!(!shown(other.promocodes().await));
    assert!(shown(member.promocodes().await));
    member.apply(&promo, &tariff).await.success(201);
    world.finish().await;
}

#[tokio::test]
async fn first_purchase_code_ignores_unpaid_attempts() {
    let world = World::new().await;
    let user = world.user().await;
    let tariff = world.tariff(29_900).await;
    let spec = PromoSpec {
        first_purchase: Some(FirstPurchase::Paid),
        ..PromoSpec::default()
    };
    let promo = world.promo(spec).await;

    let unpaid = user.buy(&promo, &tariff).await;
    unpaid.success(201);
    world.sandbox.decline(unpaid.text("confirmation_url")).await;
    let id = unpaid.uuid("purchase_id");
    world.until_purchase(id, "failed").await;
    user.apply(&promo, &tariff).await.success(201);
    user.cancel(&promo).await.success(200);

    let paid = user.buy_tariff(&tariff).await;
    world.sandbox.approve(paid.text("confirmation_url")).await;
    user.until_purchase(paid.uuid("purchase_id"), "paid").await;
    let reasons = world
        .refuses(&user, &promo, &tariff, &["not_first_purchase"])
        .await;
    assert_eq!(reasons[0]["required"], "new");
    world.finish().await;
}

#[tokio::test]
async fn minimum_price_refusal_names_the_difference() {
    let world = World::new().await;
    let user = world.user().await;
    let (cheap, dear) = (world.tariff(29_900).await, world.tariff(30_000).await);
    let spec = PromoSpec {
        min_price_minor: Some(30_000),
        ..PromoSpec::default()
    };
    let promo = world.promo(spec).await;
    let reasons = world
        .refuses(&user, &promo, &cheap, &["price_below_minimum"])
        .await;
    assert_eq!(
        reasons[0]["required"],
        json!({ "amount": "300.00", "currency": "RUB" })
    );
    assert_eq!(
        reasons[0]["change"],
        json!({ "amount": "1.00", "currency": "RUB" })
    );
    user.apply(&promo, &dear).await.success(201);
    world.finish().await;
}

#[tokio::test]
async fn schedule_follows_moscow_time() {
    let world = World::new().await;
    let user = world.user().await;
    let tariff = world.tariff(29_900).await;
    let local = now()
        .to_zoned(TimeZone::get("Europe/Moscow").unwrap())
        .time();
    let hours = async |from: i64, to: i64| {
        let (from, to) = (
            local.wrapping_add(from.hours()),
            local.wrapping_add(to.hours()),
        );
        let spec = PromoSpec {
            hours: Some((from, to)),
            ..PromoSpec::default()
        };
        world.promo(spec).await
    };
    let later = hours(2, 4).await;
    world
        .refuses(&user, &later, &tariff, &["outside_schedule"])
        .await;
    let open = hours(-2, 2).await;
    user.apply(&open, &tariff).await.success(201);
    world.finish().await;
}

#[tokio::test]
async fn daily_limit_counts_uses_of_today() {
    let world = World::new().await;
    let user = world.user().await;
    let tariff = world.tariff(29_900).await;
    let promo = world
        .promo(PromoSpec {
            effect: Effect::PercentOff(10_000, None),
            per_user_period: UserPeriod::Day,
            ..PromoSpec::default()
        })
        .await;
    let first = user.buy(&promo, &tariff).await;
    first.success(200);
    let purchase = world.purchase(first.uuid("purchase_id")).await;
    let reasons = world
        .refuses(&user, &promo, &tariff, &["user_limit_reached"])
        .await;
    assert_eq!(reasons[0]["change"], 1);
    world.move_to_yesterday(purchase.application_id).await;
    user.buy(&promo, &tariff).await.success(200);
    world.finish().await;
}

#[tokio::test]
async fn list_orders_applied_codes_first_then_by_saving() {
    let world = World::new().await;
    let user = world.user().await;
    let (tariff, other) = (world.tariff(29_900).await, world.tariff(29_900).await);
    let saving = async |kopecks| {
        let spec = PromoSpec {
            effect: Effect::AmountOff(kopecks),
            tariffs: Some(vec![tariff.id, other.id]),
            audience: Audience::User(user.id),
            listed: true,
            ..PromoSpec::default()
        };
        world.promo(spec).await
    };
    let (little, most, some) = (saving(100).await, saving(300).await, saving(200).await);
    let order = async || {
        let list = user.promocodes().await;
        let ids = list.success(200)["promocodes"].as_array().unwrap().clone();
        let own = [little.id, most.id, some.id];
        let ids = ids.iter().filter_map(|code| code["promocode_id"].as_i64());
        ids.filter(|id| own.contains(id)).collect::<Vec<_>>()
    };
    assert_eq!(order().await, [most.id, some.id, little.id]);
    user.apply(&little, &tariff).await.success(201);
    assert_eq!(order().await, [little.id, most.id, some.id]);
    world.finish().await;
}

#[tokio::test]
async fn dry_run_reserves_nothing() {
    let world = World::new().await;
    let user = world.user().await;
    let tariff = world.tariff(29_900).await;
    let promo = world.promo(PromoSpec::default()).await;
    let path = format!(
        "/apply_promocode?promocode={}&tariff={}&dry_run=",
        promo.code, tariff.id
    );
    let dry = async |flag: &str| user.call("POST", &format!("{path}{flag}")).send().await;

    let would = dry("true").await;
    assert_eq!(would.success(200)["total"]["amount"], "199.00");
    assert!(would.json.get("application_id").is_none());
    assert_eq!(world.taken(&promo).await, 0);
    assert_eq!(world.count_applications(&promo).await, 0);

    let hold = dry("false").await;
    hold.success(201);
    let held = dry("true").await;
    assert_eq!(held.success(200), &hold.json, "the existing application");
    dry("yes").await.problem(400, "query_parameter_invalid");
    world.finish().await;
}
