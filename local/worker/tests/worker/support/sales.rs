//! Purchases, made as the loyalty functions make them.

use domain::{Clock, TariffId};
use loyalty_store::{LoyaltyStore, OpenPurchaseOutcome, RefundOutcome, Settled};
use pg::Pool;
use runtime::{OsRandom, SystemClock};
use testkit::rows;
use uuid::Uuid;

pub struct Sales {
    pub store: LoyaltyStore,
    pool: Pool,
    tariff: i64,
}

impl Sales {
    /// Sales of a tariff for 300 roubles a month.
    pub async fn new(pool: Pool) -> Sales {
        let tariff = rows::insert_tariff(&pool, "sales", 30_000, "RUB").await;
        Sales {
            store: LoyaltyStore::new(pool.clone()),
            tariff,
            pool,
        }
    }

    pub async fn user(&self, id: Uuid) -> Uuid {
        rows::insert_users(&self.pool, &[id]).await;
        id
    }

    /// Buys and pays, and returns the ID of the purchase.
    pub async fn buy(&self, user: Uuid) -> Uuid {
        let (tariff, now) = (TariffId(self.tariff), SystemClock.now());
        let opened = self
            .store
            .open_full_price_purchase(user, tariff, None, now, &OsRandom);
        let OpenPurchaseOutcome::Opened(purchase) = opened.await.unwrap() else {
            unreachable!("the user is active and the tariff on sale");
        };
        let (id, reference) = (purchase.id, purchase.id.to_string());
        let paid = self
            .store
            .complete_purchase(id, &reference, purchase.total, now, &OsRandom);
        assert_eq!(paid.await.unwrap(), Settled::Now);
        id
    }

    /// Refunds the purchase in full.
    pub async fn refund(&self, purchase: Uuid) {
        let now = SystemClock.now();
        let ordered = testkit::staff::order_refund(&self.store, purchase, None, now).await;
        let RefundOutcome::Refund(refund) = ordered else {
            unreachable!("the purchase is paid");
        };
        let reference = refund.id.to_string();
        let completed = self.store.complete_refund(refund.id, &reference, now);
        completed.await.unwrap();
    }
}
