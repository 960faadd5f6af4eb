//! The state, end, uses and user of a single promo code, as opposed to those of its promotion.

use jiff::SignedDuration;
use testkit::{CodeState, Effect, NewCode, PromoSpec, World, join_all, now};

#[tokio::test]
async fn disabled_code_leaves_others_of_its_promotion_working() {
    let world = World::new().await;
    let (user, tariff) = (world.user().await, world.tariff(29_900).await);
    let promo = world.promo(PromoSpec::default()).await;
    let another = world.another_code(&promo, NewCode::default()).await;
    world.set_code_state(&promo, CodeState::Disabled).await;
    let reasons = world
        .refuses(&user, &promo, &tariff, &["code_disabled"])
        .await;
    assert_eq!(reasons[0]["observed"], "disabled");
    assert_eq!(reasons[0]["required"], "issued");
    user.apply(&another, &tariff).await.success(201);
    user.cancel(&another).await.success(200);
    world.set_code_state(&promo, CodeState::Issued).await;
    user.apply(&promo, &tariff).await.success(201);
    world.finish().await;
}

#[tokio::test]
async fn code_ends_before_its_promotion() {
    let world = World::new().await;
    let (user, tariff) = (world.user().await, world.tariff(29_900).await);
    let promo = world.promo(PromoSpec::default()).await;
    let over = NewCode {
        ends_at: Some(now() - SignedDuration::from_secs(1)),
        ..NewCode::default()
    };
    let over = world.another_code(&promo, over).await;
    world.refuses(&user, &over, &tariff, &["code_ended"]).await;
    let lasting = NewCode {
        ends_at: Some(now() + SignedDuration::from_hours(1)),
        ..NewCode::default()
    };
    let lasting = world.another_code(&promo, lasting).await;
    user.apply(&lasting, &tariff).await.success(201);
    world.finish().await;
}

#[tokio::test]
async fn one_time_code_is_used_once_and_can_be_released() {
    let world = World::new().await;
    let (first, second) = (world.user().await, world.user().await);
    let tariff = world.tariff(29_900).await;
    let spec = PromoSpec {
        max_uses: Some(1),
        ..PromoSpec::default()
    };
    let promo = world.promo(spec).await;
    first.apply(&promo, &tariff).await.success(201);
    let reasons = world
        .refuses(&second, &promo, &tariff, &["code_limit_reached"])
        .await;
    assert_eq!(
        (&reasons[0]["observed"], &reasons[0]["required"]),
        (&1.into(), &1.into())
    );
    assert_eq!(reasons[0]["change"], 1);
    first.cancel(&promo).await.success(200);
    second.apply(&promo, &tariff).await.success(201);
    world
        .refuses(&first, &promo, &tariff, &["code_limit_reached"])
        .await;
    world.finish().await;
}

#[tokio::test]
async fn personal_code_is_listed_for_its_user_only() {
    let world = World::new().await;
    let (owner, other) = (world.user().await, world.user().await);
    let tariff = world.tariff(29_900).await;
    let spec = PromoSpec {
        listed: true,
        ..PromoSpec::default()
    };
    let promo = world.promo(spec).await;
    let own = NewCode {
        user_id: Some(owner.id),
        max_uses: Some(1),
        ..NewCode::default()
    };
    let own = world.another_code(&promo, own).await;
    world
        .hides(&other, &own, &tariff, &["code_for_another_user"])
        .await;
    let listed = async |user: &testkit::User| {
        let list = user.promocodes().await;
        let list = list.success(200).to_string();
        [&promo, &own].map(|promo| list.contains(&format!("\"{}\"", promo.code)))
    };
    assert_eq!(listed(&owner).await, [true, true]);
    assert_eq!(listed(&other).await, [true, false]);

    owner.apply(&own, &tariff).await.success(201);
    // The personal code is applied; the promotion's other code would exceed the per-user limit.
    assert_eq!(listed(&owner).await, [false, true]);
    world.finish().await;
}

#[tokio::test]
async fn promotion_limits_count_uses_of_all_codes() {
    let world = World::new().await;
    let (first, second, third) = (world.user().await, world.user().await, world.user().await);
    let (tariff, other) = (world.tariff(29_900).await, world.tariff(29_900).await);
    let spec = PromoSpec {
        total_limit: Some(2),
        ..PromoSpec::default()
    };
    let promo = world.promo(spec).await;
    let another = world.another_code(&promo, NewCode::default()).await;
    first.apply(&promo, &tariff).await.success(201);
    let reasons = world
        .refuses(&first, &another, &other, &["held_for_another_tariff"])
        .await;
    assert_eq!(reasons[0]["observed"]["tariff"], tariff.id);
    second.apply(&another, &tariff).await.success(201);
    for promo in [&promo, &another] {
        world
            .refuses(&third, promo, &tariff, &["promo_limit_reached"])
            .await;
    }
    world.finish().await;
}

#[tokio::test]
async fn editing_a_limit_period_releases_no_use() {
    let world = World::new().await;
    let (user, tariff) = (world.user().await, world.tariff(29_900).await);
    let free = Effect::PercentOff(10_000, None);
    let promo = world
        .promo(PromoSpec {
            effect: free,
            ..PromoSpec::default()
        })
        .await;
    user.buy(&promo, &tariff).await.success(200);
    for (period, zone) in [
        ("month", "Europe/Moscow"),
        ("week", "Asia/Vladivostok"),
        ("day", "UTC"),
        ("lifetime", "Europe/Moscow"),
    ] {
        // The use is recent, so it lies in the current period in every time zone.
        let sql = "UPDATE promotions SET per_user_period = $2, time_zone = $3 WHERE id = $1";
        let params: [pg::Param; 3] = [
            (&promo.promotion, pg::Type::INT8),
            (&period, pg::Type::TEXT),
            (&zone, pg::Type::TEXT),
        ];
        let changed = pg::AdHoc::execute(&world.loyalty, sql, &params).await;
        assert_eq!(changed.unwrap(), 1);
        let answers = join_all((0..4).map(|_| user.apply(&promo, &tariff))).await;
        for answer in answers {
            answer.refused(&["user_limit_reached"]);
        }
        world
            .refuses(&user, &promo, &tariff, &["user_limit_reached"])
            .await;
    }
    world.finish().await;
}

#[tokio::test]
async fn staff_see_the_code_as_it_was_when_refused() {
    let world = World::new().await;
    let (user, support) = (world.user().await, world.staff("support").await);
    let tariff = world.tariff(29_900).await;
    let promo = world.promo(PromoSpec::default()).await;
    let issued = now();
    world.set_code_state(&promo, CodeState::Disabled).await;
    let disabled = now();
    let refused = user.apply(&promo, &tariff).await;
    let decision = refused.refused(&["code_disabled"]);
    world.set_code_state(&promo, CodeState::Issued).await;

    let kept = support.call("GET", &format!("/admin/decisions/{decision}"));
    let kept = kept.send().await;
    let outcomes = kept.success(200)["outcomes"].as_array().unwrap();
    let refusing: Vec<_> = outcomes.iter().filter(|o| o["passed"] == false).collect();
    assert_eq!(refusing.len(), 1, "{kept}");
    assert_eq!(refusing[0]["rule"], "code_disabled");
    assert_eq!(refusing[0]["observed"], "disabled");

    let passes = async |at: Option<jiff::Timestamp>| {
        let at = at.map(|at| format!("&at={at}")).unwrap_or_default();
        let path = format!(
            "/admin/eligibility?user_id={}&promocode_id={}&tariff={}{at}",
            user.id, promo.id, tariff.id
        );
        let answer = support.call("GET", &path).send().await;
        answer.success(200)["passes"].as_bool().unwrap()
    };
    assert!(passes(Some(issued)).await);
    assert!(!passes(Some(disabled)).await);
    assert!(passes(None).await);
    world.finish().await;
}

#[tokio::test]
async fn code_is_found_however_it_was_pasted() {
    let world = World::new().await;
    let (user, tariff) = (world.user().await, world.tariff(29_900).await);
    let promo = world.promo(PromoSpec::default()).await;
    let (start, end) = promo.code.split_at(3);
    for pasted in [
        format!("{}%0A", promo.code),
        format!("%09{start}%C2%AD{end}%E2%80%8B"),
        format!("%EF%BB%BF{start}%E2%80%AF{end}"),
        format!("%EF%BC%A5{}", &promo.code[1..]),
    ] {
        let path = format!("/apply_promocode?promocode={pasted}&tariff={}", tariff.id);
        let applied = user.call("POST", &path).send().await;
        assert!(matches!(applied.status, 200 | 201), "{pasted}: {applied}");
        assert_eq!(applied.json["promocode_id"], promo.id);
    }
    world.finish().await;
}
