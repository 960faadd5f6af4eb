//! Concurrent requests: limits hold exactly, and repeated calls have one effect.

use std::collections::HashSet;

use serde_json::json;
use testkit::{Answer, Effect, PASSWORD, Promo, PromoSpec, World, join_all};

fn with_status(answers: &[Answer], status: u16) -> Vec<&Answer> {
    answers.iter().filter(|a| a.status == status).collect()
}

fn different(answers: &[Answer], member: &str) -> usize {
    let ids: HashSet<_> = answers.iter().map(|answer| answer.uuid(member)).collect();
    ids.len()
}

#[tokio::test]
async fn limit_is_exact_under_concurrency() {
    let world = World::new().await;
    let (comers, limit) = (world.many(60), world.many(60) / 3);
    let users = world.users(comers).await;
    let tariff = world.tariff(29_900).await;
    let uses = i64::try_from(limit).unwrap();
    let total_limit = Some(uses);
    let promo = world
        .promo(PromoSpec {
            total_limit,
            ..PromoSpec::default()
        })
        .await;
    let apply = async || join_all(users.iter().map(|user| user.apply(&promo, &tariff))).await;

    let answers = apply().await;
    let held = with_status(&answers, 201);
    assert_eq!(held.len(), limit, "{answers:#?}");
    for answer in &answers {
        if answer.status != 201 {
            answer.refused(&["promo_limit_reached"]);
        }
    }
    assert_eq!(world.taken(&promo).await, uses);

    // All apply again: those who hold a use still hold it.
    let again = apply().await;
    assert_eq!(with_status(&again, 200).len(), limit);

    // Everyone cancels at once, then the same number can apply again.
    let cancels = join_all(users.iter().map(|user| user.cancel(&promo))).await;
    assert_eq!(with_status(&cancels, 200).len(), limit);
    assert_eq!(world.taken(&promo).await, 0);
    assert_eq!(with_status(&apply().await, 201).len(), limit);
    world.finish().await;
}

#[tokio::test]
async fn concurrent_applies_of_one_user_make_one_application() {
    let world = World::new().await;
    let user = world.user().await;
    let tariff = world.tariff(29_900).await;
    let spec = PromoSpec {
        per_user_limit: None,
        ..PromoSpec::default()
    };
    let promo = world.promo(spec).await;
    let times = world.many(20);
    let answers = join_all((0..times).map(|_| user.apply(&promo, &tariff))).await;
    assert_eq!(with_status(&answers, 201).len(), 1, "{answers:#?}");
    assert_eq!(with_status(&answers, 200).len(), times - 1, "{answers:#?}");
    assert_eq!(different(&answers, "application_id"), 1);
    assert_eq!(world.count_applications(&promo).await, 1);
    world.finish().await;
}

#[tokio::test]
async fn user_limit_holds_across_tariffs_under_concurrency() {
    let world = World::new().await;
    let user = world.user().await;
    let promo = world
        .promo(PromoSpec {
            per_user_limit: Some(2),
            ..PromoSpec::default()
        })
        .await;
    let tariffs = join_all((0..world.many(9)).map(|_| world.tariff(29_900))).await;
    let answers = join_all(tariffs.iter().map(|tariff| user.apply(&promo, tariff))).await;
    assert_eq!(with_status(&answers, 201).len(), 2, "{answers:#?}");
    assert_eq!(
        with_status(&answers, 422).len(),
        tariffs.len() - 2,
        "{answers:#?}"
    );
    world.finish().await;
}

#[tokio::test]
async fn concurrent_codes_for_one_tariff_make_one_application() {
    let world = World::new().await;
    let user = world.user().await;
    let tariff = world.tariff(29_900).await;
    let promos = join_all((0..world.many(9)).map(|_| world.promo(PromoSpec::default()))).await;
    let answers = join_all(promos.iter().map(|promo| user.apply(promo, &tariff))).await;
    assert_eq!(with_status(&answers, 201).len(), 1, "{answers:#?}");
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        answer.refused(&["another_promo_applied"]);
    }
    world.finish().await;
}

#[tokio::test]
async fn concurrent_uses_of_a_code_make_one_purchase() {
    let world = World::new().await;
    let user = world.user().await;
    let tariff = world.tariff(29_900).await;
    let spec = PromoSpec {
        per_user_limit: None,
        ..PromoSpec::default()
    };
    let promo = world.promo(spec).await;
    let times = world.many(20);
    let answers = join_all((0..times).map(|_| user.buy(&promo, &tariff))).await;
    for answer in &answers {
        answer.success(201);
    }
    assert_eq!(different(&answers, "purchase_id"), 1);
    let pages: HashSet<&str> = answers.iter().map(|a| a.text("confirmation_url")).collect();
    assert_eq!(pages.len(), 1);
    assert_eq!(world.count_purchases(&promo).await, 1);
    let payments = world.sandbox.payments_for(&tariff.title).await;
    assert_eq!(payments.len(), 1, "{payments:#?}");
    world.finish().await;
}

#[tokio::test]
async fn concurrent_purchase_and_cancellation_have_one_outcome() {
    let world = World::new().await;
    let user = world.user().await;
    for _ in 0..world.many(12) {
        let tariff = world.tariff(29_900).await;
        let promo: Promo = world.promo(PromoSpec::default()).await;
        user.apply(&promo, &tariff).await.success(201);
        let (bought, cancelled) = tokio::join!(user.buy(&promo, &tariff), user.cancel(&promo));
        // If the cancellation came first, buying applies the code again.
        assert!(matches!(bought.status, 200 | 201), "{bought}");
        let cancelled = cancelled.success(200);
        let purchase = world.purchase(bought.uuid("purchase_id")).await;
        let gave_up = cancelled["cancelled"][0]["purchase_id"] == bought.json["purchase_id"];
        let (status, state, taken) = match gave_up {
            true => ("failed", "cancelled", 0),
            false => ("pending", "paying", 1),
        };
        assert_eq!(purchase.status, status);
        assert_eq!(
            world.application(purchase.application_id).await.state,
            state
        );
        assert_eq!(world.taken(&promo).await, taken);
    }
    world.finish().await;
}

#[tokio::test]
async fn concurrent_requests_get_one_trial() {
    let world = World::new().await;
    let user = world.user().await;
    let tariff = world.tariff(29_900).await;
    let promo = world
        .promo(PromoSpec {
            effect: Effect::Free(14),
            ..PromoSpec::default()
        })
        .await;
    let times = world.many(20);
    let answers = join_all((0..times).map(|_| user.buy(&promo, &tariff))).await;
    assert_eq!(with_status(&answers, 200).len(), 1, "{answers:#?}");
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.refused(&["user_limit_reached", "trial_taken"]);
    }
    assert_eq!(world.count_purchases(&promo).await, 1);
    world.finish().await;
}

#[tokio::test]
async fn concurrent_registrations_and_refreshes_succeed_once() {
    let world = World::new().await;
    let user = world.user().await;
    let times = world.many(9);
    let body = json!({ "email": format!("twin-{}", user.email), "password": PASSWORD });
    let register = |_| {
        world
            .client
            .call("POST", "/user_registration")
            .json(&body)
            .send()
    };
    let answers = join_all((0..times).map(register)).await;
    assert_eq!(with_status(&answers, 201).len(), 1, "{answers:#?}");
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        answer.problem(409, "email_taken");
    }

    let body = json!({ "refresh_token": user.refresh_token });
    let refresh = |_| {
        world
            .client
            .call("POST", "/refresh_token")
            .json(&body)
            .send()
    };
    let answers = join_all((0..times).map(refresh)).await;
    let successors: HashSet<_> = answers
        .iter()
        .map(|a| (a.status, a.text("refresh_token")))
        .collect();
    assert_eq!(successors.len(), 1, "{answers:#?}");
    world.finish().await;
}
