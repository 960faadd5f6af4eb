//! What is reported to staff through Sentry: forged webhooks, and payments that contradict their purchase.

use domain::{Currency, Money, Random};
use payments::{CaptureMode, NewPayment, Provider};
use pg::AdHoc;
use runtime::OsRandom;
use serde_json::{Value, json};
use testkit::{Answer, join_all};
use uuid::Uuid;

use crate::purchases::program::Program;
use crate::purchases::sentry::Sentry;
use crate::purchases::shop::{Buyer, Shop, TOTAL_MINOR};

/// A shop whose gateway reports to a Sentry of its own.
async fn watched(more: &[(&'static str, String)]) -> (Shop, Sentry) {
    let (mut shop, sentry) = (Shop::new(Program::Gateway).await, Sentry::start().await);
    let mut variables = vec![("SENTRY_DSN", sentry.dsn.clone())];
    variables.extend_from_slice(more);
    shop.restart_gateway(&variables).await;
    (shop, sentry)
}

#[tokio::test]
async fn forged_webhooks_are_reported_rarely_without_address() {
    let variables = [
        ("TRUSTED_PROXIES", "127.0.0.0/8".to_owned()),
        ("PAYMENT_WEBHOOK_NETWORKS", "185.71.76.0/27".to_owned()),
    ];
    let (shop, sentry) = watched(&variables).await;
    let buyer = shop.buyer("").await;
    let bought = buyer.buy(&shop.client()).await;
    let purchase = bought.uuid("purchase_id");
    let send = async |from: &str, payment: &str| -> Answer {
        let object = shop.world.sandbox.paid(payment, purchase, "199.00");
        let body =
            json!({ "type": "notification", "event": "payment.succeeded", "object": object });
        let call = shop.client().call("POST", "/payment_webhook").json(&body);
        call.header("x-forwarded-for", from).send().await
    };

    let payment = shop.payment(&buyer).await;
    let payment = payment["id"].as_str().unwrap();
    for answer in join_all((0..50).map(|_| send("203.0.113.7", payment))).await {
        answer.problem(403, "not_the_provider");
    }
    send("2001:db8:1:2::1", payment)
        .await
        .problem(403, "not_the_provider");
    // Reports are sent in order: once this one has arrived, so have all earlier ones.
    let unknown = OsRandom.uuid().to_string();
    let answer = send("185.71.76.1", &unknown).await;
    answer.problem(422, "validation_failed");
    let alarms = sentry.until(&unknown).await;
    assert_eq!(
        alarms,
        [
            "a webhook from outside of the provider's networks, from 203.0.113.0/24; 0 others since the last report"
                .to_owned(),
            format!("a webhook for {unknown}, which the provider does not know"),
        ]
    );
    for envelope in sentry.envelopes() {
        assert!(!envelope.contains("203.0.113.7"), "{envelope}");
    }
    let purchase = buyer.purchase(&shop.client(), purchase).await;
    assert_eq!(purchase, bought.json);
    shop.finish().await;
}

/// A paid payment that names this purchase, made with the shop's own key.
async fn paid_by_another(shop: &Shop, purchase: Uuid, minor: i64) -> Value {
    let order = NewPayment {
        idempotence_key: OsRandom.uuid(),
        purchase_id: purchase,
        amount: Money::from_minor(minor, Currency::RUB).unwrap(),
        description: "another".to_owned(),
        capture: CaptureMode::AtOnce,
    };
    let payment = shop.provider().create(&order).await.unwrap();
    let page = payment.confirmation_url.unwrap();
    shop.world.sandbox.approve(&page).await;
    shop.world.sandbox.payment(payment.id.as_str()).await
}

/// The purchase's own payment, paid.
async fn paid(shop: &Shop, buyer: &Buyer, bought: &Answer) -> Value {
    let page = bought.text("confirmation_url");
    shop.world.sandbox.approve(page).await;
    shop.payment(buyer).await
}

#[tokio::test]
async fn mismatching_payment_is_reported_and_ignored() {
    let (shop, sentry) = watched(&[]).await;
    for (kind, change, conflict) in [
        ("payment", None, "the purchase has another payment"),
        (
            "amount",
            // As if the answer with the purchase's payment had been lost.
            Some("payment_id = NULL"),
            "the amount is not that of the purchase",
        ),
        (
            "currency",
            Some("currency = 'USD'"),
            "the amount is not that of the purchase",
        ),
    ] {
        let buyer = shop.buyer("").await;
        let bought = buyer.buy(&shop.client()).await;
        let id = bought.uuid("purchase_id");
        if let Some(change) = change {
            let sql = format!("UPDATE purchases SET {change} WHERE id = $1");
            let params: [pg::Param; 1] = [(&id, pg::Type::UUID)];
            shop.world.loyalty.execute(&sql, &params).await.unwrap();
        }
        let payment = match kind {
            "payment" => paid_by_another(&shop, id, TOTAL_MINOR).await,
            "amount" => paid_by_another(&shop, id, TOTAL_MINOR - 1).await,
            _ => paid(&shop, &buyer, &bought).await,
        };
        // A repetition would change nothing, so the provider gets a 200 and does not repeat the webhook.
        for _ in 0..2 {
            let answer = shop.webhook("payment.succeeded", &payment).await;
            answer.success(200);
        }
        let number = payment["id"].as_str().unwrap();
        let alarms = sentry.until(number).await;
        let expected = format!("payment {number} of purchase {id}: Conflict(\"{conflict}\")");
        assert!(alarms.contains(&expected), "{alarms:#?}");

        let purchase = shop.world.purchase(id).await;
        assert_eq!(
            (purchase.status.as_str(), purchase.subscription),
            ("pending", None)
        );
        let sql = "SELECT count(*) FROM ledger WHERE purchase_id = $1";
        let params: [pg::Param; 1] = [(&id, pg::Type::UUID)];
        let entered = shop.world.loyalty.row(sql, &params).await.unwrap().unwrap();
        assert_eq!(entered.get::<_, i64>(0), 0, "{kind}");
        shop.adds_up(&buyer, 1).await;
    }
    shop.finish().await;
}
