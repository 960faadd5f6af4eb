//! Which codes are refused, with what reasons, and that each refusal is kept.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use testkit::{Audience, Effect, Promo, PromoSpec, PromoStatus, Tariff, User, World, now};
use uuid::Uuid;

/// The user is refused for exactly these reasons, the answer and the stored decision agree, and nothing is held.
async fn refused(
    world: &World,
    user: &User,
    promo: &Promo,
    tariff: &Tariff,
    reasons: &[&str],
) -> Vec<Value> {
    let taken = world.taken(promo).await;
    for answer in [
        user.apply(promo, tariff).await,
        user.buy(promo, tariff).await,
    ] {
        let decision = world.decision(answer.refused(reasons)).await;
        assert!(!decision.accepted);
        assert_eq!(decision.user_id, user.id);
        assert_eq!(
            (decision.promo_id, decision.tariff_id),
            (promo.id, tariff.id)
        );
        assert_eq!(decision.outcomes.len(), 12, "every rule is kept: {answer}");
        assert_eq!(decision.refusals(), reasons);
        for reason in answer.json["reasons"].as_array().into_iter().flatten() {
            let kept = decision
                .outcomes
                .iter()
                .find(|o| o["rule"] == reason["code"]);
            let kept = kept.unwrap_or(&Value::Null);
            assert_eq!(kept["observed"], reason["observed"], "{answer}");
            assert_eq!(kept["required"], reason["required"], "{answer}");
        }
    }
    assert_eq!(world.taken(promo).await, taken);
    let answer = user.apply(promo, tariff).await;
    answer.refused(reasons);
    answer.json["reasons"]
        .as_array()
        .cloned()
        .unwrap_or_default()
}

fn in_seconds(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

#[tokio::test]
async fn a_code_works_within_its_period_alone() {
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
    let reasons = refused(&world, &user, &early, &tariff, &["promo_not_started"]).await;
    assert_eq!(reasons[0]["required"], starts_at.to_string());

    let ends_at = in_seconds(-1);
    let late = period(in_seconds(-3_600), Some(ends_at)).await;
    let reasons = refused(&world, &user, &late, &tariff, &["promo_ended"]).await;
    assert_eq!(reasons[0]["required"], ends_at.to_string());
    let observed: Timestamp = reasons[0]["observed"].as_str().unwrap().parse().unwrap();
    assert!(now().duration_since(observed).as_secs() < 10);

    let open = period(in_seconds(-1), Some(in_seconds(3_600))).await;
    user.apply(&open, &tariff).await.success(201);
    world.finish().await;
}

#[tokio::test]
async fn a_code_that_is_not_active_does_not_work() {
    let world = World::new().await;
    let user = world.user().await;
    let tariff = world.tariff(29_900).await;
    for status in [
        PromoStatus::Draft,
        PromoStatus::Paused,
        PromoStatus::Archived,
    ] {
        let promo = world
            .promo(PromoSpec {
                status,
                ..PromoSpec::default()
            })
            .await;
        let reasons = refused(&world, &user, &promo, &tariff, &["promo_not_active"]).await;
        assert_eq!(reasons[0]["observed"], status.as_str());
        assert_eq!(reasons[0]["required"], "active");
    }
    world.finish().await;
}

#[tokio::test]
async fn a_one_time_code_is_for_one_user_until_it_is_given_back() {
    let world = World::new().await;
    let (first, second) = (world.user().await, world.user().await);
    let tariff = world.tariff(29_900).await;
    let total_limit = Some(1);
    let promo = world
        .promo(PromoSpec {
            total_limit,
            ..PromoSpec::default()
        })
        .await;

    first.apply(&promo, &tariff).await.success(201);
    let reasons = refused(&world, &second, &promo, &tariff, &["promo_limit_reached"]).await;
    assert_eq!(
        (&reasons[0]["observed"], &reasons[0]["required"]),
        (&json!(1), &json!(1))
    );
    second
        .cancel(&promo)
        .await
        .problem(404, "application_not_found");
    assert_eq!(
        world.taken(&promo).await,
        1,
        "nobody gives back another's use"
    );

    first.cancel(&promo).await.success(200);
    second.apply(&promo, &tariff).await.success(201);
    refused(&world, &first, &promo, &tariff, &["promo_limit_reached"]).await;
    world.finish().await;
}

#[tokio::test]
async fn a_hold_that_ran_out_stands_in_nobodys_way() {
    let world = World::new().await;
    let (first, second) = (world.user().await, world.user().await);
    let tariff = world.tariff(29_900).await;
    let total_limit = Some(1);
    let promo = world
        .promo(PromoSpec {
            total_limit,
            ..PromoSpec::default()
        })
        .await;

    let held = first.apply(&promo, &tariff).await;
    world.let_lapse(held.uuid("application_id")).await;
    first
        .cancel(&promo)
        .await
        .problem(404, "application_not_found");
    second.apply(&promo, &tariff).await.success(201);
    assert_eq!(
        world.hold(held.uuid("application_id")).await.state,
        "expired"
    );
    assert_eq!(world.taken(&promo).await, 1);

    // The owner, too, gets a new one after the old.
    let promo = world
        .promo(PromoSpec {
            total_limit,
            ..PromoSpec::default()
        })
        .await;
    let other = world.tariff(29_900).await;
    let held = first.apply(&promo, &other).await;
    world.let_lapse(held.uuid("application_id")).await;
    let bought = first.buy(&promo, &other).await;
    bought.success(201);
    let purchase = world.purchase(bought.uuid("purchase_id")).await;
    assert_ne!(purchase.application_id, held.uuid("application_id"));
    world.finish().await;
}

#[tokio::test]
async fn a_code_has_so_many_uses_for_all_and_so_many_for_each() {
    let world = World::new().await;
    let users = world.users(3).await;
    let tariffs = [
        world.tariff(29_900).await,
        world.tariff(29_900).await,
        world.tariff(29_900).await,
    ];

    let total_limit = Some(2);
    let promo = world
        .promo(PromoSpec {
            total_limit,
            ..PromoSpec::default()
        })
        .await;
    users[0].apply(&promo, &tariffs[0]).await.success(201);
    users[1].apply(&promo, &tariffs[0]).await.success(201);
    let reasons = refused(
        &world,
        &users[2],
        &promo,
        &tariffs[0],
        &["promo_limit_reached"],
    )
    .await;
    assert_eq!(
        (&reasons[0]["observed"], &reasons[0]["required"]),
        (&json!(2), &json!(2))
    );

    // Holds and uses count alike, on whatever tariff.
    let spec = PromoSpec {
        effect: Effect::Free(7),
        per_user_limit: Some(2),
        ..PromoSpec::default()
    };
    let promo = world.promo(spec).await;
    users[0].buy(&promo, &tariffs[1]).await.success(200);
    users[0].apply(&promo, &tariffs[2]).await.success(201);
    let other = world.tariff(29_900).await;
    let reasons = refused(&world, &users[0], &promo, &other, &["user_limit_reached"]).await;
    assert_eq!(
        (&reasons[0]["observed"], &reasons[0]["required"]),
        (&json!(2), &json!(2))
    );
    users[1].apply(&promo, &tariffs[1]).await.success(201);

    let spec = PromoSpec {
        per_user_limit: None,
        ..PromoSpec::default()
    };
    let promo = world.promo(spec).await;
    for _ in 0..4 {
        let tariff = world.tariff(29_900).await;
        users[2].apply(&promo, &tariff).await.success(201);
    }
    world.finish().await;
}

#[tokio::test]
async fn a_code_for_one_user_is_for_no_other() {
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
    let reasons = refused(&world, &other, &promo, &tariff, &["not_in_audience"]).await;
    let told = json!(reasons).to_string();
    assert!(
        !told.contains(&named.id.to_string()),
        "whose it is stays secret: {told}"
    );
    let list = other.promocodes().await;
    assert!(!list.success(200).to_string().contains(&promo.code));
    named.apply(&promo, &tariff).await.success(201);
    world.finish().await;
}

#[tokio::test]
async fn a_code_works_for_its_tariffs_and_one_code_goes_with_a_purchase() {
    let world = World::new().await;
    let user = world.user().await;
    let (mine, other) = (world.tariff(29_900).await, world.tariff(29_900).await);
    let spec = PromoSpec {
        tariffs: Some(vec![mine.id]),
        ..PromoSpec::default()
    };
    let promo = world.promo(spec).await;
    let reasons = refused(&world, &user, &promo, &other, &["tariff_not_in_scope"]).await;
    assert_eq!(reasons[0]["observed"], other.id);
    assert_eq!(reasons[0]["required"], json!([mine.id]));

    user.apply(&promo, &mine).await.success(201);
    let second = world.promo(PromoSpec::default()).await;
    let reasons = refused(&world, &user, &second, &mine, &["another_promo_applied"]).await;
    assert_eq!(reasons[0]["observed"], promo.id);
    user.cancel(&promo).await.success(200);
    user.apply(&second, &mine).await.success(201);
    world.finish().await;
}

#[tokio::test]
async fn all_reasons_are_told_and_the_first_names_the_problem() {
    let world = World::new().await;
    let (user, other) = (world.user().await, world.user().await);
    let (tariff, scope) = (world.tariff(29_900).await, world.tariff(29_900).await);
    let promo = world
        .promo(PromoSpec {
            effect: Effect::FixedPrice(29_900),
            starts_at: in_seconds(-7_200),
            ends_at: Some(in_seconds(-3_600)),
            tariffs: Some(vec![scope.id]),
            audience: Audience::User(other.id),
            status: PromoStatus::Paused,
            ..PromoSpec::default()
        })
        .await;
    let reasons = [
        "not_in_audience",
        "promo_not_active",
        "promo_ended",
        "tariff_not_in_scope",
        "no_benefit",
    ];
    refused(&world, &user, &promo, &tariff, &reasons).await;
    refused(
        &world,
        &other,
        &promo,
        &scope,
        &["promo_not_active", "promo_ended", "no_benefit"],
    )
    .await;
    world.finish().await;
}

#[tokio::test]
async fn codes_are_for_registered_active_users() {
    let world = World::new().await;
    let user = world.user().await;
    let tariff = world.tariff(29_900).await;
    let promo = world.promo(PromoSpec::default()).await;
    world.set_loyalty_status(user.id, "blocked").await;
    let reasons = refused(&world, &user, &promo, &tariff, &["user_not_active"]).await;
    assert_eq!(reasons[0]["observed"], "blocked");

    // A good token of someone of whom no event has come.
    let mut stranger = user.clone();
    stranger.id = Uuid::from_u128(now().as_nanosecond().unsigned_abs());
    stranger.access_token = world.forge().good(stranger.id);
    refused(&world, &stranger, &promo, &tariff, &["user_not_registered"]).await;
    world.finish().await;
}

#[tokio::test]
async fn what_does_not_exist_is_not_found() {
    let world = World::new().await;
    let user = world.user().await;
    let tariff = world.tariff(29_900).await;
    let promo = world.promo(PromoSpec::default()).await;
    let (no_promo, no_tariff) = (
        Promo {
            id: i64::MAX,
            ..promo.clone()
        },
        Tariff {
            id: i64::MAX,
            ..tariff.clone()
        },
    );
    for (promo, tariff, code) in [
        (&no_promo, &tariff, "promocode_not_found"),
        (&promo, &no_tariff, "tariff_not_found"),
        (&no_promo, &no_tariff, "promocode_not_found"),
    ] {
        user.apply(promo, tariff).await.problem(404, code);
        user.buy(promo, tariff).await.problem(404, code);
    }
    user.cancel(&no_promo)
        .await
        .problem(404, "application_not_found");
    user.cancel(&promo)
        .await
        .problem(404, "application_not_found");
    for typed in [
        "NOSUCHCODE",
        "no",
        "%00",
        "%F0%9F%98%80%F0%9F%98%80%F0%9F%98%80",
        "A'--",
    ] {
        let path = format!("/apply_promocode?promocode={typed}&tariff={}", tariff.id);
        let answer = user.call("POST", &path).send().await;
        answer.problem(404, "promocode_not_found");
    }
    world.finish().await;
}

#[tokio::test]
async fn errors_speak_the_users_language() {
    let world = World::new().await;
    let user = world.user().await;
    let tariff = world.tariff(29_900).await;
    let promo = world
        .promo(PromoSpec {
            starts_at: in_seconds(3_600),
            ..PromoSpec::default()
        })
        .await;
    let path = format!(
        "/apply_promocode?promocode_id={}&tariff={}",
        promo.id, tariff.id
    );
    for (accepts, language) in [
        (None, "en"),
        (Some("ru"), "ru"),
        (Some("ru-RU,ru;q=0.9,en-US;q=0.8,en;q=0.7"), "ru"),
        (Some("en-GB, ru;q=0.5"), "en"),
        (Some("de"), "en"),
    ] {
        let call = user.call("POST", &path);
        let answer = match accepts {
            Some(accepts) => call.header("accept-language", accepts).send().await,
            None => call.send().await,
        };
        answer.refused(&["promo_not_started"]);
        assert_eq!(
            answer.header("content-language"),
            Some(language),
            "{accepts:?}"
        );
        for text in [&answer.json, &answer.json["reasons"][0]] {
            for member in ["title", "detail"] {
                let Some(text) = text[member].as_str() else {
                    continue;
                };
                let russian = text.chars().any(|c| ('а'..='я').contains(&c));
                assert_eq!(russian, language == "ru", "{accepts:?}: {text}");
            }
        }
    }
    world.finish().await;
}
