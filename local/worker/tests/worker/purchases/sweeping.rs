//! Crashes while the sweeper polls what is overdue.

use domain::{PromoCode, PromoRef, TariffId};
use loyalty_store::{LoyaltyStore, OpenPurchaseOutcome, PromoRequest};
use pg::AdHoc;
use redemption::ApplyOutcome;
use runtime::OsRandom;
use testkit::{Client, now};
use uuid::Uuid;

use crate::purchases::crash::{CrashScenario, TIMEOUT, at_each_step};
use crate::purchases::program::Program;
use crate::purchases::shop::{Buyer, Shop, TOTAL_MINOR};
use crate::support::until;

/// A purchase that has no payment yet.
struct Begun(Buyer);

impl CrashScenario for Begun {
    const PROGRAM: Program = Program::Worker;

    async fn begin(shop: &Shop) -> Begun {
        let buyer = shop.buyer("").await;
        let store = LoyaltyStore::new(shop.world.loyalty.clone());
        let ask = PromoRequest {
            user_id: buyer.user.id,
            promo: PromoRef::Text(PromoCode::candidates(&buyer.promo.code)),
            tariff: TariffId(buyer.tariff.id),
            move_held: false,
        };
        let applied = redemption::apply(&store, &ask, now(), &OsRandom).await;
        let ApplyOutcome::Applied(hold) = applied.unwrap() else {
            panic!("not held");
        };
        let opened = store.open_purchase(&hold, None, now(), &OsRandom).await;
        assert!(matches!(opened.unwrap(), OpenPurchaseOutcome::Opened(_)));
        Begun(buyer)
    }

    async fn act(&self, shop: &Shop, _: &Client) {
        shop.make_due().await;
        until("a payment", TIMEOUT, async || self.has_payment(shop).await).await;
    }

    async fn recover(self, shop: &Shop) {
        until("a payment", TIMEOUT, async || {
            shop.make_due().await;
            self.has_payment(shop).await
        })
        .await;
        // The buyer comes back to the purchase.
        let Begun(buyer) = self;
        buyer.pay(shop).await;
        shop.sweep().await;
        assert_eq!(shop.payment(&buyer).await["status"], "succeeded");
        assert_eq!(shop.balance(&buyer).await, TOTAL_MINOR);
        shop.adds_up(&buyer, 1).await;
    }
}

impl Begun {
    async fn has_payment(&self, shop: &Shop) -> bool {
        let sql = "SELECT FROM purchases WHERE user_id = $1 AND payment_id IS NOT NULL";
        let params = [(&self.0.user.id as _, pg::Type::UUID)];
        shop.world
            .loyalty
            .row(sql, &params)
            .await
            .unwrap()
            .is_some()
    }
}

/// A paid payment whose webhook the provider has not sent.
struct Paid(Buyer, Uuid);

impl CrashScenario for Paid {
    const PROGRAM: Program = Program::Worker;

    async fn begin(shop: &Shop) -> Paid {
        let buyer = shop.buyer("").await;
        let purchase = buyer.pay(shop).await;
        Paid(buyer, purchase)
    }

    async fn act(&self, shop: &Shop, _: &Client) {
        shop.make_due().await;
        until("the purchase is paid", TIMEOUT, async || {
            shop.world.purchase(self.1).await.status == "paid"
        })
        .await;
    }

    async fn recover(self, shop: &Shop) {
        shop.sweep().await;
        assert_eq!(shop.world.purchase(self.1).await.status, "paid");
        assert_eq!(shop.balance(&self.0).await, TOTAL_MINOR);
        shop.adds_up(&self.0, 1).await;
    }
}

#[tokio::test]
async fn sweeper_killed_at_each_step_of_starting_a_payment_recovers() {
    at_each_step::<Begun>().await;
}

#[tokio::test]
async fn sweeper_killed_at_each_step_of_polling_recovers() {
    at_each_step::<Paid>().await;
}
