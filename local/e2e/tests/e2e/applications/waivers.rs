//! Rules that staff waive for one user.

use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::{Audience, FirstPurchase, PromoSpec, PromotionStatus, World, now};

use super::{apply, body, body_with, get, held};

/// The outcome of a rule in a decision or an explanation.
fn outcome<'a>(decision: &'a Value, rule: &str) -> &'a Value {
    let outcomes = decision["outcomes"].as_array().unwrap();
    let outcome = outcomes.iter().find(|outcome| outcome["rule"] == rule);
    outcome.unwrap()
}

fn ended() -> PromoSpec {
    PromoSpec {
        starts_at: now() - SignedDuration::from_hours(48),
        ends_at: Some(now() - SignedDuration::from_hours(1)),
        ..PromoSpec::default()
    }
}

#[tokio::test]
async fn waived_rule_stays_in_the_decision_with_its_values() {
    let world = World::new().await;
    let (user, marketer) = (world.user().await, world.staff("marketer").await);
    let (promo, tariff) = (world.promo(ended()).await, world.tariff(29_900).await);
    let refused = apply(&marketer, body(&user, &promo, &tariff)).await;
    refused.refused(&["promo_ended"]);
    let waive = json!({ "waive": ["promo_ended", "user_limit_reached"], "hold_minutes": 90 });
    let applied = apply(&marketer, body_with(&user, &promo, &tariff, waive)).await;
    let id = applied.uuid("application_id");
    assert_eq!(
        applied.success(201)["waived"],
        json!(["promo_ended"]),
        "the other rule passes"
    );
    let expires_at: jiff::Timestamp = applied.text("expires_at").parse().unwrap();
    let minutes = expires_at.duration_since(now()).as_secs() / 60;
    assert!((88..=90).contains(&minutes), "{minutes}");

    let path = format!("/admin/decisions/{id}");
    let decision = marketer.call("GET", &path).send().await;
    assert_eq!(decision.success(200)["accepted"], true);
    assert_eq!(decision.json["applied_by"], marketer.id.to_string());
    let rule = outcome(&decision.json, "promo_ended");
    assert_eq!(
        (&rule["waived"], &rule["passed"]),
        (&json!(true), &json!(false))
    );
    assert!(rule["required"].is_string(), "when it ended: {rule}");
    assert_eq!(
        outcome(&decision.json, "user_limit_reached")["waived"],
        false
    );
    let path = format!(
        "/admin/eligibility?user_id={}&promocode_id={}&tariff={}",
        user.id, promo.id, tariff.id
    );
    let eligibility = marketer.call("GET", &path).send().await;
    assert_eq!(eligibility.success(200)["held"], true);
    assert_eq!(eligibility.json["applied_by"], marketer.id.to_string());
    assert_eq!(outcome(&eligibility.json, "promo_ended")["waived"], true);

    // The user can pay, although the promotion has ended.
    assert_eq!(held(&user, &promo).await["applied_by"], "staff");
    let bought = user.buy(&promo, &tariff).await;
    world.sandbox.approve(bought.text("confirmation_url")).await;
    user.until_purchase(bought.uuid("purchase_id"), "paid")
        .await;
    assert_eq!(get(&marketer, id).await.success(200)["state"], "used");
    world.finish().await;
}

#[tokio::test]
async fn support_waives_nothing_and_nobody_waives_limits_and_switches() {
    let world = World::new().await;
    let (user, support, admin) = (
        world.user().await,
        world.staff("support").await,
        world.staff("admin").await,
    );
    let (promo, tariff) = (world.promo(ended()).await, world.tariff(29_900).await);
    let waiving = body_with(&user, &promo, &tariff, json!({ "waive": ["promo_ended"] }));
    apply(&support, waiving).await.problem(403, "marketer_only");
    for rule in [
        "promo_limit_reached",
        "promo_budget_reached",
        "trial_taken",
        "another_promo_applied",
        "promo_not_active",
        "user_not_active",
    ] {
        let waiving = body_with(&user, &promo, &tariff, json!({ "waive": [rule] }));
        apply(&admin, waiving).await.invalid_field("waive[0]");
    }
    // One rule is waived, another still refuses: nothing is applied.
    let spec = PromoSpec {
        status: PromotionStatus::Paused,
        ..ended()
    };
    let paused = world.promo(spec).await;
    let waiving = body_with(&user, &paused, &tariff, json!({ "waive": ["promo_ended"] }));
    let refused = apply(&admin, waiving).await;
    let decision = refused.refused(&["promo_not_active"]);
    let path = format!("/admin/decisions/{decision}");
    let decision = admin.call("GET", &path).send().await;
    assert_eq!(
        outcome(decision.success(200), "promo_ended")["waived"],
        true
    );
    assert_eq!(outcome(&decision.json, "promo_not_active")["waived"], false);
    assert_eq!(world.taken(&paused).await, 0);
    world.finish().await;
}

#[tokio::test]
async fn limit_per_user_audience_and_first_purchase_can_be_waived_up_to_the_payment() {
    let world = World::new().await;
    let (user, admin) = (world.user().await, world.staff("admin").await);
    let tariff = world.tariff(29_900).await;
    let group = world.group(&[]).await;
    let spec = PromoSpec {
        audience: Audience::Groups(vec![group]),
        first_purchase: Some(FirstPurchase::Any),
        min_price_minor: Some(50_000),
        tariffs: Some(vec![world.tariff(59_900).await.id]),
        ..PromoSpec::default()
    };
    let promo = world.promo(spec).await;
    let first = user.buy_tariff(&tariff).await;
    world.sandbox.approve(first.text("confirmation_url")).await;
    user.until_purchase(first.uuid("purchase_id"), "paid").await;
    let all = [
        "not_in_audience",
        "not_first_purchase",
        "tariff_not_in_scope",
        "price_below_minimum",
    ];
    apply(&admin, body(&user, &promo, &tariff))
        .await
        .refused(&all);
    for again in [false, true] {
        let mut waive = all.to_vec();
        if again {
            let waiving = body_with(&user, &promo, &tariff, json!({ "waive": waive }));
            apply(&admin, waiving)
                .await
                .refused(&["user_limit_reached"]);
            waive.push("user_limit_reached");
        }
        let waiving = body_with(&user, &promo, &tariff, json!({ "waive": waive }));
        let applied = apply(&admin, waiving).await;
        assert_eq!(applied.success(201)["waived"], json!(waive));
        let bought = user.buy(&promo, &tariff).await;
        assert_eq!(bought.success(201)["total"]["amount"], "199.00");
        world.sandbox.approve(bought.text("confirmation_url")).await;
        user.until_purchase(bought.uuid("purchase_id"), "paid")
            .await;
    }
    assert_eq!(world.taken(&promo).await, 2);
    world.finish().await;
}
