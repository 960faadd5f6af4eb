//! Purchases as the functions of the loyalty side make them.

use domain::{Clock, TariffId};
use loyalty_store::{LoyaltyStore, OpenPurchaseOutcome, RefundOutcome, Settled};
use pg::{AdHoc, Param, Pool, Type};
use runtime::{OsRandom, SystemClock};
use uuid::Uuid;

pub struct Sales {
    pub store: LoyaltyStore,
    pool: Pool,
    tariff: i64,
}

impl Sales {
    /// Sales of a tariff for 300 roubles a month.
    pub async fn new(pool: Pool) -> Sales {
        let sql = "INSERT INTO tariffs (title, price_minor, currency, period_months) VALUES ('sales', 30000, 'RUB', 1)
            RETURNING id";
        let row = pool.row(sql, &[]).await.unwrap();
        Sales {
            store: LoyaltyStore::new(pool.clone()),
            tariff: row.unwrap().get(0),
            pool,
        }
    }

    pub async fn user(&self, id: Uuid) -> Uuid {
        let sql =
            "INSERT INTO users (id, status, version, updated_at) VALUES ($1, 'active', 1, now())";
        let params: [Param; 1] = [(&id, Type::UUID)];
        assert_eq!(self.pool.execute(sql, &params).await.unwrap(), 1);
        id
    }

    /// Buys and pays, and returns the number of the purchase.
    pub async fn buy(&self, user: Uuid) -> Uuid {
        let (tariff, now) = (TariffId(self.tariff), SystemClock.now());
        let opened = self
            .store
            .open_full_price_purchase(user, tariff, None, now, &OsRandom);
        let OpenPurchaseOutcome::Pending(purchase) = opened.await.unwrap() else {
            unreachable!("the user is active and the tariff on sale");
        };
        let (id, reference) = (purchase.id, purchase.id.to_string());
        let paid = self
            .store
            .complete_purchase(id, &reference, purchase.total, now, &OsRandom);
        assert_eq!(paid.await.unwrap(), Settled::Now);
        id
    }

    /// Gives all the money back.
    pub async fn refund(&self, purchase: Uuid) {
        let now = SystemClock.now();
        let ordered = self
            .store
            .order_refund(purchase, None, Uuid::nil(), None, now, &OsRandom);
        let RefundOutcome::Refund(refund) = ordered.await.unwrap() else {
            unreachable!("the purchase is paid");
        };
        let reference = refund.id.to_string();
        let completed = self.store.complete_refund(refund.id, &reference, now);
        completed.await.unwrap();
    }
}
