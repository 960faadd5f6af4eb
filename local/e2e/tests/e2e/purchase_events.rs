//! Purchase events, as other systems receive them from a queue.

use serde_json::{Value, json};
use testkit::{Effect, PromoSpec, World, unique};

#[tokio::test]
async fn payment_and_refund_emit_events() {
    let world = World::new().await;
    let (admin, user) = (world.staff("admin").await, world.user().await);
    let tariff = world.tariff(29_900).await;
    let promo = world.promo(PromoSpec::default()).await;
    let bought = user.buy(&promo, &tariff).await;
    bought.success(201);
    world.sandbox.approve(bought.text("confirmation_url")).await;
    let purchase = bought.uuid("purchase_id");
    user.until_purchase(purchase, "paid").await;
    let path = format!("/admin/purchases/{purchase}/refunds");
    let reason = "Half of it did not work";
    let half = json!({ "amount": "99.50", "reason": reason });
    for body in [half, json!({ "reason": reason })] {
        let refund = admin.call("POST", &path).json(&body);
        let refund = refund.header("idempotency-key", &unique("key-"));
        refund.send().await.success(201);
    }

    let events = world.purchase_events(&user, 3).await;
    let rub = |amount: &str| json!({ "amount": amount, "currency": "RUB" });
    for (event, sequence) in events.iter().zip(1..) {
        assert_eq!(event["sequence"], sequence);
        assert_eq!(event["purchase_id"], json!(purchase));
        assert_eq!(event["tariff"], tariff.id);
        assert_eq!(event["promocode_id"], promo.id);
        assert_eq!(event["price"], rub("299.00"));
        assert_eq!(event["total"], rub("199.00"));
    }
    // The events agree with what the buyer is shown.
    let seen = user.purchase(purchase).await;
    let [paid, half, all] = &events[..] else {
        unreachable!("three were read");
    };
    assert_eq!(paid["schema"], "purchase_paid.v1");
    assert_eq!(paid["refund"], Value::Null);
    assert_eq!(half["schema"], "purchase_refunded.v1");
    assert_eq!(half["subscription"], paid["subscription"]);
    assert_eq!(
        (&half["refund"], &half["refunded"]),
        (&rub("99.50"), &rub("99.50"))
    );
    assert_eq!(half["fully_refunded"], false);
    assert_eq!(
        (&all["refund"], &all["refunded"]),
        (&rub("99.50"), &rub("199.00"))
    );
    assert_eq!(all["fully_refunded"], true);
    assert_eq!(all["paid_until"], all["occurred_at"]);
    for edge in ["starts_at", "ends_at"] {
        assert_eq!(all["subscription"][edge], seen.json["subscription"][edge]);
    }
    world.finish().await;
}

#[tokio::test]
async fn trial_emits_an_event() {
    let world = World::new().await;
    let (user, tariff) = (world.user().await, world.tariff(29_900).await);
    let spec = PromoSpec {
        effect: Effect::Free(7),
        ..PromoSpec::default()
    };
    let trial = world.promo(spec).await;
    let bought = user.buy(&trial, &tariff).await;
    bought.success(200);
    let events = world.purchase_events(&user, 1).await;
    assert_eq!(events[0]["schema"], "purchase_paid.v1");
    assert_eq!(events[0]["purchase_id"], bought.json["purchase_id"]);
    assert_eq!(events[0]["total"]["amount"], "0.00");
    let days = &bought.json["subscription"];
    assert_eq!(events[0]["subscription"]["ends_at"], days["ends_at"]);
    world.finish().await;
}
