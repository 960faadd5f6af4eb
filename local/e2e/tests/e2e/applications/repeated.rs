//! Requests that are repeated with their Idempotency-Key.

use serde_json::{Value, json};
use testkit::{Answer, Effect, PromoSpec, User, World, join_all, unique};

use super::{REASON, body, body_with, entry, get, log};

async fn send(by: &User, path: &str, key: &str, body: &Value) -> Answer {
    let call = by.call("POST", path).json(body);
    call.header("idempotency-key", key).send().await
}

const APPLY: &str = "/admin/applications";

#[tokio::test]
async fn repeated_request_gets_its_application_whatever_happened_to_it() {
    let world = World::new().await;
    let (user, support) = (world.user().await, world.staff("support").await);
    let (promo, tariff) = (
        world.promo(PromoSpec::default()).await,
        world.tariff(29_900).await,
    );
    let (key, request) = (unique("key-"), body(&user, &promo, &tariff));
    let applied = send(&support, APPLY, &key, &request).await;
    let id = applied.uuid("application_id");
    let again = send(&support, APPLY, &key, &request).await;
    assert_eq!(again.success(200), applied.success(201));
    let other = body_with(&user, &promo, &tariff, json!({ "hold_minutes": 5 }));
    send(&support, APPLY, &key, &other)
        .await
        .problem(422, "idempotency_key_reused");

    user.cancel(&promo).await.success(200);
    let again = send(&support, APPLY, &key, &request).await;
    assert_eq!(again.success(200)["application_id"], id.to_string());
    assert_eq!(again.json["state"], "cancelled");
    assert_eq!(world.taken(&promo).await, 0);
    assert_eq!(log(&world, id).await, [entry(&support, "apply", &user)]);
    world.finish().await;
}

#[tokio::test]
async fn repeated_request_gets_what_the_user_had_applied() {
    let world = World::new().await;
    let (user, support) = (world.user().await, world.staff("support").await);
    let (promo, tariff) = (
        world.promo(PromoSpec::default()).await,
        world.tariff(29_900).await,
    );
    let own = user.apply(&promo, &tariff).await.uuid("application_id");
    let (key, request) = (unique("key-"), body(&user, &promo, &tariff));
    let applied = send(&support, APPLY, &key, &request).await;
    assert_eq!(applied.success(200)["application_id"], own.to_string());
    let other = body_with(&user, &promo, &tariff, json!({ "hold_minutes": 5 }));
    send(&support, APPLY, &key, &other)
        .await
        .problem(422, "idempotency_key_reused");
    user.cancel(&promo).await.success(200);
    let again = send(&support, APPLY, &key, &request).await;
    assert_eq!(again.success(200)["application_id"], own.to_string());
    assert_eq!(again.json["state"], "cancelled");
    assert_eq!(world.taken(&promo).await, 0);
    // Staff have cancelled nothing, and what they cancel twice belongs to its key, too.
    let id = user.apply(&promo, &tariff).await.uuid("application_id");
    let path = format!("/admin/applications/{id}/cancel");
    let cancel = json!({ "reason": REASON });
    for key in ["first", "second"] {
        send(&support, &path, key, &cancel).await.success(200);
    }
    let other = json!({ "reason": "x" });
    send(&support, &path, "second", &other)
        .await
        .problem(422, "idempotency_key_reused");
    world.finish().await;
}

#[tokio::test]
async fn purchase_is_made_once_by_requests_at_once() {
    let world = World::new().await;
    let (user, support) = (world.user().await, world.staff("support").await);
    let tariff = world.tariff(29_900).await;
    let spec = PromoSpec {
        effect: Effect::PercentOff(10_000, None),
        ..PromoSpec::default()
    };
    let promo = world.promo(spec).await;
    let key = unique("key-");
    let request = body_with(&user, &promo, &tariff, json!({ "use": true }));
    let all = join_all((0..6).map(|_| send(&support, APPLY, &key, &request))).await;
    for answer in &all {
        assert!(matches!(answer.status, 200 | 201), "{answer}");
        assert_eq!(answer.json["purchase"], all[0].json["purchase"]);
    }
    assert_eq!(user.subscriptions().await.len(), 1);
    assert_eq!(world.taken(&promo).await, 1);
    let id = all[0].uuid("application_id");
    assert_eq!(log(&world, id).await, [entry(&support, "apply", &user)]);
    world.finish().await;
}

#[tokio::test]
async fn repeated_extension_and_cancellation_change_nothing() {
    let world = World::new().await;
    let (user, support) = (world.user().await, world.staff("support").await);
    let (promo, tariff) = (
        world.promo(PromoSpec::default()).await,
        world.tariff(29_900).await,
    );
    let id = user.apply(&promo, &tariff).await.uuid("application_id");
    let path = |action: &str| format!("/admin/applications/{id}/{action}");
    let key = unique("key-");
    let longer = json!({ "hold_minutes": 600, "reason": REASON });
    let extended = send(&support, &path("extend"), &key, &longer).await;
    extended.success(200);
    let again = send(&support, &path("extend"), &key, &longer).await;
    assert_eq!(again.success(200), &extended.json, "not from now again");
    let cancel = json!({ "reason": REASON });
    send(&support, &path("cancel"), &key, &cancel)
        .await
        .problem(422, "idempotency_key_reused");
    let key = unique("key-");
    for _ in 0..2 {
        let cancelled = send(&support, &path("cancel"), &key, &cancel).await;
        assert_eq!(cancelled.success(200)["state"], "cancelled");
    }
    assert_eq!(get(&support, id).await.json["state"], "cancelled");
    let expected = ["extend", "cancel"].map(|action| entry(&support, action, &user));
    assert_eq!(log(&world, id).await, expected);
    world.finish().await;
}
