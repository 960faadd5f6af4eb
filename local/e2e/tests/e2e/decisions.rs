//! Staff find out why a code did not pass: by the decision's ID, or for a user, now or at a past time.

use jiff::Timestamp;
use pg::{AdHoc, Param, Type};
use serde_json::Value;
use testkit::{
    Answer, Audience, Effect, FirstPurchase, Promo, PromoSpec, PromotionStatus, RULES, Tariff,
    User, World, now,
};

/// The rules that did not pass.
fn refusals(answer: &Value) -> Vec<&str> {
    let outcomes = answer["outcomes"].as_array().unwrap();
    assert_eq!(outcomes.len(), RULES);
    let refused = outcomes.iter().filter(|outcome| outcome["passed"] == false);
    refused
        .map(|outcome| outcome["rule"].as_str().unwrap())
        .collect()
}

async fn why(
    staff: &User,
    user: &User,
    promo: &Promo,
    tariff: &Tariff,
    at: Option<Timestamp>,
) -> Answer {
    let at = at.map(|at| format!("&at={at}")).unwrap_or_default();
    let path = format!(
        "/admin/eligibility?user_id={}&promocode_id={}&tariff={}{at}",
        user.id, promo.id, tariff.id
    );
    staff.call("GET", &path).send().await
}

#[tokio::test]
async fn decision_id_leads_to_every_outcome() {
    let world = World::new().await;
    let (user, staff) = (world.user().await, world.staff("support").await);
    let tariff = world.tariff(29_900).await;
    let spec = PromoSpec {
        status: PromotionStatus::Paused,
        min_price_minor: Some(30_000),
        ..PromoSpec::default()
    };
    let promo = world.promo(spec).await;
    let refused = user.apply(&promo, &tariff).await;
    let id = refused.problem(422, "promo_not_active")["decision_id"]
        .as_str()
        .unwrap();

    let path = format!("/admin/decisions/{id}");
    let decision = staff
        .call("GET", &path)
        .header("accept-language", "ru")
        .send()
        .await;
    let answer = decision.success(200);
    assert_eq!(
        refusals(answer),
        ["promo_not_active", "price_below_minimum"]
    );
    assert_eq!(
        (&answer["accepted"], &answer["user_id"]),
        (&false.into(), &user.id.to_string().into())
    );
    let outcome = answer["outcomes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|o| o["rule"] == "price_below_minimum");
    assert_eq!(
        outcome.unwrap()["detail"],
        "Промокод действует для более дорогих тарифов."
    );
    assert_eq!(outcome.unwrap()["change"]["amount"], "1.00");

    for bad in ["0", "00000000-0000-4000-8000-000000000000"] {
        let answer = staff
            .call("GET", &format!("/admin/decisions/{bad}"))
            .send()
            .await;
        answer.problem(404, "decision_not_found");
    }
    world.finish().await;
}

#[tokio::test]
async fn decisions_are_paged() {
    let world = World::new().await;
    let (user, staff) = (world.user().await, world.staff("marketer").await);
    let tariff = world.tariff(29_900).await;
    let (one, other) = (
        world.promo(PromoSpec::default()).await,
        world.promo(PromoSpec::default()).await,
    );
    for _ in 0..2 {
        user.apply(&one, &tariff).await.success(201);
        user.cancel(&one).await.success(200);
        user.apply(&other, &tariff).await.success(201);
        user.cancel(&other).await.success(200);
    }
    let list = async |query: String| {
        let path = format!("/admin/decisions?user_id={}{query}", user.id);
        let answer = staff.call("GET", &path).send().await;
        answer.success(200).clone()
    };
    let codes = |page: &Value| -> Vec<i64> {
        let decisions = page["decisions"].as_array().unwrap().iter();
        decisions
            .map(|decision| decision["promocode_id"].as_i64().unwrap())
            .collect()
    };
    let first = list("&limit=3".to_owned()).await;
    assert_eq!(
        codes(&first),
        [other.id, one.id, other.id],
        "the latest first"
    );
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = list(format!("&limit=3&cursor={cursor}")).await;
    assert_eq!(codes(&second), [one.id]);
    assert!(second.get("next_cursor").is_none());
    assert_eq!(
        codes(&list(format!("&promocode={}", one.code)).await),
        [one.id, one.id]
    );
    world.finish().await;
}

#[tokio::test]
async fn eligibility_can_be_asked_for_a_past_time() {
    let world = World::new().await;
    let (user, other, staff) = (
        world.user().await,
        world.user().await,
        world.staff("admin").await,
    );
    let tariff = world.tariff(29_900).await;
    let group = world.group(&[&user]).await;
    let spec = PromoSpec {
        total_limit: Some(1),
        audience: Audience::Groups(vec![group]),
        ..PromoSpec::default()
    };
    let promo = world.promo(spec).await;
    let change = async |sql: &str| {
        let params: [Param; 3] = [
            (&promo.promotion, Type::INT8),
            (&group, Type::INT8),
            (&tariff.id, Type::INT8),
        ];
        let sql = format!("WITH unused AS (SELECT $1, $2, $3) {sql}");
        assert_eq!(world.loyalty.execute(&sql, &params).await.unwrap(), 1);
    };

    let fresh = now();
    user.apply(&promo, &tariff).await.success(201);
    let held = now();
    user.cancel(&promo).await.success(200);
    let released = now();
    change("UPDATE promotions SET min_price_minor = 29901 WHERE id = $1").await;
    let dearer = now();
    change("UPDATE tariffs SET price_minor = 39900 WHERE id = $3").await;
    change("DELETE FROM group_members WHERE group_id = $2").await;
    let left = now();
    world.set_loyalty_status(user.id, "blocked").await;

    let at = async |user: &User, at: Option<Timestamp>| {
        let answer = why(&staff, user, &promo, &tariff, at).await;
        refusals(answer.success(200))
            .iter()
            .map(|rule| (*rule).to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(at(&user, Some(fresh)).await, [""; 0]);
    assert_eq!(
        at(&user, Some(held)).await,
        ["promo_limit_reached", "user_limit_reached"]
    );
    assert_eq!(
        at(&other, Some(held)).await,
        ["not_in_audience", "promo_limit_reached"]
    );
    assert_eq!(at(&user, Some(released)).await, [""; 0]);
    assert_eq!(at(&user, Some(dearer)).await, ["price_below_minimum"]);
    assert_eq!(at(&user, Some(left)).await, ["not_in_audience"]);
    assert_eq!(
        at(&user, None).await,
        ["user_not_active", "not_in_audience"]
    );

    let then = why(&staff, &user, &promo, &tariff, Some(held)).await;
    assert_eq!(then.success(200)["held"], true);
    assert_eq!(then.json["promocode_version"], 1);
    assert_eq!(then.json["price"]["amount"], "299.00");
    let before = "2001-01-01T00:00:00Z".parse().unwrap();
    let never = why(&staff, &user, &promo, &tariff, Some(before)).await;
    never.problem(404, "tariff_not_found");
    assert_eq!(
        world.count_applications(&promo).await,
        1,
        "checking eligibility holds nothing"
    );
    world.finish().await;
}

#[tokio::test]
async fn decisions_of_purchases_and_refusals_are_kept() {
    let world = World::new().await;
    let (user, staff) = (world.user().await, world.staff("support").await);
    let tariff = world.tariff(29_900).await;
    let trial = PromoSpec {
        effect: Effect::Free(7),
        ..PromoSpec::default()
    };
    let (trial, second) = (
        world.promo(trial).await,
        world
            .promo(PromoSpec {
                first_purchase: Some(FirstPurchase::Any),
                ..PromoSpec::default()
            })
            .await,
    );
    user.apply(&trial, &tariff).await.success(201);
    let held = now();
    user.buy(&trial, &tariff).await.success(200);
    let bought = now();
    for (at, reason) in [
        (held, "another_promo_applied"),
        (bought, "not_first_purchase"),
    ] {
        let answer = why(&staff, &user, &second, &tariff, Some(at)).await;
        assert_eq!(refusals(answer.success(200)), [reason]);
    }
    world.finish().await;
}

#[tokio::test]
async fn decisions_require_staff_and_valid_queries() {
    let world = World::new().await;
    let (user, staff) = (world.user().await, world.staff("support").await);
    let paths = [
        "/admin/decisions",
        "/admin/decisions/1",
        "/admin/eligibility",
    ];
    for path in paths {
        user.call("GET", path)
            .send()
            .await
            .problem(403, "staff_only");
        world
            .client
            .call("GET", path)
            .send()
            .await
            .problem(401, "token_missing");
        staff
            .call("POST", path)
            .send()
            .await
            .problem(405, "method_not_allowed");
    }
    let id = user.id;
    for (query, code) in [
        ("decisions?".to_owned(), "query_parameter_missing"),
        (
            "decisions?user_id=anna".to_owned(),
            "query_parameter_invalid",
        ),
        (
            format!("decisions?user_id={id}&user_id={id}"),
            "query_parameter_repeated",
        ),
        (
            format!("decisions?user_id={id}&cursor=x"),
            "query_parameter_invalid",
        ),
        (
            format!("decisions?user_id={id}&limit=101"),
            "query_parameter_invalid",
        ),
        (
            format!("eligibility?user_id={id}&tariff=1"),
            "query_parameter_missing",
        ),
        (
            format!("eligibility?user_id={id}&promocode_id=1"),
            "query_parameter_missing",
        ),
        (
            format!("eligibility?user_id={id}&promocode_id=1&tariff=1&at=yesterday"),
            "query_parameter_invalid",
        ),
    ] {
        let answer = staff.call("GET", &format!("/admin/{query}")).send().await;
        answer.problem(400, code);
    }
    world.finish().await;
}
