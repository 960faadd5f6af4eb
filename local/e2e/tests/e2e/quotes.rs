//! A quote is valid as long as its application, whatever staff change meanwhile.

use pg::{AdHoc, Param, Type};
use serde_json::json;
use testkit::{Answer, Promo, PromoSpec, Tariff, User, World};
use uuid::Uuid;

struct Shop {
    world: World,
    user: User,
    tariff: Tariff,
    promo: Promo,
}

impl Shop {
    /// A user with a quote of 199 roubles instead of 299, and the ID of the application.
    async fn quoting() -> (Shop, Uuid) {
        let world = World::new().await;
        let spec = PromoSpec {
            total_limit: Some(1),
            ..PromoSpec::default()
        };
        let shop = Shop {
            user: world.user().await,
            tariff: world.tariff(29_900).await,
            promo: world.promo(spec).await,
            world,
        };
        let applied = shop.user.apply(&shop.promo, &shop.tariff).await;
        assert_eq!(applied.success(201)["total"]["amount"], "199.00");
        (shop, applied.uuid("application_id"))
    }

    async fn buy(&self) -> Answer {
        self.user.buy(&self.promo, &self.tariff).await
    }

    async fn change_promo(&self, set: &str) {
        let sql = format!("UPDATE promotions SET {set} WHERE id = $1");
        let params: [Param; 1] = [(&self.promo.promotion, Type::INT8)];
        let changed = self.world.loyalty.execute(&sql, &params).await;
        assert_eq!(changed.unwrap(), 1);
    }

    /// Buys and pays, and checks the price and the total in the answer and the amount of the payment at the provider.
    async fn pays(&self, price: &str, total: &str) {
        let bought = self.buy().await;
        let purchase = bought.success(201);
        assert_eq!(purchase["price"]["amount"], price);
        assert_eq!(purchase["total"]["amount"], total);
        let id = bought.uuid("purchase_id");
        let payment = self.world.purchase(id).await.payment_id.unwrap();
        let payment = self.world.sandbox.payment(&payment).await;
        assert_eq!(
            payment["amount"],
            json!({ "value": total, "currency": "RUB" })
        );
        let page = bought.text("confirmation_url");
        self.world.sandbox.approve(page).await;
        self.user.until_purchase(id, "paid").await;
        assert_eq!(self.world.taken(&self.promo).await, 1);
    }
}

#[tokio::test]
async fn price_change_keeps_the_quote() {
    // Even when the quote is above the new price: a user who wants the new price cancels and applies again.
    for price_minor in [39_900, 12_000] {
        let (shop, _) = Shop::quoting().await;
        shop.world.reprice(&shop.tariff, price_minor).await;
        let again = shop.user.apply(&shop.promo, &shop.tariff).await;
        assert_eq!(again.success(200)["total"]["amount"], "199.00");
        shop.pays("299.00", "199.00").await;
        shop.world.finish().await;
    }
}

#[tokio::test]
async fn new_price_counts_after_expiry() {
    let (shop, hold) = Shop::quoting().await;
    shop.world.reprice(&shop.tariff, 39_900).await;
    shop.world.let_lapse(hold).await;
    shop.pays("399.00", "299.00").await;
    shop.world.finish().await;
}

#[tokio::test]
async fn reapplying_gets_the_lower_price() {
    let (shop, _) = Shop::quoting().await;
    shop.world.reprice(&shop.tariff, 19_900).await;
    shop.user.cancel(&shop.promo).await.success(200);
    shop.pays("199.00", "99.00").await;
    shop.world.finish().await;
}

#[tokio::test]
async fn code_change_keeps_the_quote() {
    for set in [
        "effect_minor = 29900",
        "effect_minor = 1",
        "status = 'paused'",
        "status = 'archived'",
        "ends_at = now()",
    ] {
        let (shop, _) = Shop::quoting().await;
        shop.change_promo(set).await;
        shop.pays("299.00", "199.00").await;
        shop.world.finish().await;
    }
}

#[tokio::test]
async fn paused_code_is_refused_after_expiry() {
    let (shop, hold) = Shop::quoting().await;
    shop.change_promo("status = 'paused'").await;
    shop.world.let_lapse(hold).await;
    shop.buy().await.refused(&["promo_not_active"]);
    assert_eq!(shop.world.taken(&shop.promo).await, 0);
    shop.world.finish().await;
}

#[tokio::test]
async fn withdrawn_tariff_ends_the_quote() {
    let (shop, hold) = Shop::quoting().await;
    shop.world.archive(&shop.tariff).await;
    let path = format!(
        "/apply_promocode?promocode={}&tariff={}&dry_run=true",
        shop.promo.code, shop.tariff.id
    );
    let would_be = shop.user.call("POST", &path).send().await;
    would_be.problem(422, "tariff_not_on_sale");
    shop.buy().await.refused(&["tariff_not_on_sale"]);
    let hold = shop.world.application(hold).await;
    assert_eq!(hold.cancel_reason.as_deref(), Some("admin"));
    // The single use is available for another tariff.
    let other = shop.world.tariff(29_900).await;
    shop.user.apply(&shop.promo, &other).await.success(201);
    shop.world.finish().await;
}

#[tokio::test]
async fn withdrawn_tariff_completes_pending_payment() {
    let (shop, _) = Shop::quoting().await;
    let bought = shop.buy().await;
    bought.success(201);
    shop.world.archive(&shop.tariff).await;
    assert_eq!(shop.buy().await.json, bought.json);
    let page = bought.text("confirmation_url");
    shop.world.sandbox.approve(page).await;
    let id = bought.uuid("purchase_id");
    shop.user.until_purchase(id, "paid").await;
    assert_eq!(shop.user.subscriptions().await.len(), 1);
    shop.world.finish().await;
}
