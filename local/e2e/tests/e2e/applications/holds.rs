//! Cancelling applications for users, and holding them longer.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use testkit::{Answer, PromoSpec, World, now};
use uuid::Uuid;

use super::{REASON, act, apply, body, entry, get, held, log};

fn reason() -> serde_json::Value {
    json!({ "reason": REASON })
}

fn expires_at(answer: &Answer) -> Timestamp {
    answer.text("expires_at").parse().unwrap()
}

#[tokio::test]
async fn support_cancels_an_application_once() {
    let world = World::new().await;
    let (user, support) = (world.user().await, world.staff("support").await);
    let (promo, tariff) = (
        world.promo(PromoSpec::default()).await,
        world.tariff(29_900).await,
    );
    let id = user.apply(&promo, &tariff).await.uuid("application_id");
    act(&user, id, "cancel", reason())
        .await
        .problem(403, "staff_only");
    act(&support, id, "cancel", json!({ "reason": "a\nb" }))
        .await
        .invalid_field("reason");
    let cancelled = act(&support, id, "cancel", reason()).await;
    assert_eq!(cancelled.success(200)["state"], "cancelled");
    assert_eq!(cancelled.json["cancel_reason"], "admin");
    assert_eq!(world.taken(&promo).await, 0);
    let again = act(&support, id, "cancel", reason()).await;
    assert_eq!(again.success(200), &cancelled.json);
    assert_eq!(log(&world, id).await, [entry(&support, "cancel", &user)]);
    assert!(held(&user, &promo).await.is_null());
    // The user may apply it again; staff can't extend what is cancelled.
    user.apply(&promo, &tariff).await.success(201);
    act(
        &support,
        id,
        "extend",
        json!({ "hold_minutes": 5, "reason": REASON }),
    )
    .await
    .problem(409, "application_cancelled");
    world.finish().await;
}

#[tokio::test]
async fn only_what_is_applied_can_be_cancelled_or_extended() {
    let world = World::new().await;
    let (user, admin) = (world.user().await, world.staff("admin").await);
    let tariff = world.tariff(29_900).await;
    let promo = world.promo(PromoSpec::default()).await;
    let refuse = async |id: Uuid, status: u16, code: &str| {
        let longer = json!({ "hold_minutes": 60, "reason": REASON });
        act(&admin, id, "cancel", reason())
            .await
            .problem(status, code);
        act(&admin, id, "extend", longer)
            .await
            .problem(status, code);
        assert_eq!(log(&world, id).await, []);
    };
    refuse(Uuid::nil(), 404, "application_not_found").await;
    let own = user.apply(&promo, &tariff).await.uuid("application_id");
    let bought = user.buy(&promo, &tariff).await;
    refuse(own, 409, "application_paying").await;
    world.sandbox.approve(bought.text("confirmation_url")).await;
    user.until_purchase(bought.uuid("purchase_id"), "paid")
        .await;
    refuse(own, 409, "application_already_used").await;

    let other = world.promo(PromoSpec::default()).await;
    let own = user.apply(&other, &tariff).await.uuid("application_id");
    world.let_lapse(own).await;
    refuse(own, 409, "application_expired").await;
    let own = user.apply(&other, &tariff).await.uuid("application_id");
    user.cancel(&other).await.success(200);
    refuse(own, 409, "application_cancelled").await;
    world.finish().await;
}

#[tokio::test]
async fn extended_application_is_held_longer_and_never_shorter() {
    let world = World::new().await;
    let (user, support) = (world.user().await, world.staff("support").await);
    let (promo, tariff) = (
        world.promo(PromoSpec::default()).await,
        world.tariff(29_900).await,
    );
    let applied = apply(&support, body(&user, &promo, &tariff)).await;
    let id = applied.uuid("application_id");
    world.make_nearly_expired(id).await;
    let longer = act(
        &support,
        id,
        "extend",
        json!({ "hold_minutes": 120, "reason": REASON }),
    )
    .await;
    longer.success(200);
    let minutes = expires_at(&longer).duration_since(now()).as_secs() / 60;
    assert!((118..=120).contains(&minutes), "{minutes}");
    let own = held(&user, &promo).await;
    assert_eq!(own["expires_at"], longer.json["expires_at"]);

    let until = now() + SignedDuration::from_hours(24 * 6);
    let until = Timestamp::from_second(until.as_second()).unwrap();
    let body = json!({ "until": until, "reason": REASON });
    for _ in 0..2 {
        let extended = act(&support, id, "extend", body.clone()).await;
        extended.success(200);
        assert_eq!(expires_at(&extended), until);
    }
    let shorter = json!({ "hold_minutes": 1, "reason": REASON });
    let same = act(&support, id, "extend", shorter).await;
    assert_eq!(expires_at(&same), until);
    let entries = log(&world, id).await;
    let expected = ["apply", "extend", "extend"].map(|action| entry(&support, action, &user));
    assert_eq!(entries, expected, "what changed nothing is not logged");

    let late = now() + SignedDuration::from_hours(24 * 8);
    for (field, bad) in [
        ("hold_minutes", json!({ "reason": REASON })),
        (
            "hold_minutes",
            json!({ "hold_minutes": 0, "reason": REASON }),
        ),
        ("until", json!({ "until": late, "reason": REASON })),
        (
            "until",
            json!({ "until": "2020-01-01T00:00:00Z", "reason": REASON }),
        ),
        ("until", json!({ "until": "tomorrow", "reason": REASON })),
        (
            "until",
            json!({ "until": until, "hold_minutes": 5, "reason": REASON }),
        ),
    ] {
        act(&support, id, "extend", bad).await.invalid_field(field);
    }
    assert_eq!(expires_at(&get(&support, id).await), until);
    world.finish().await;
}
