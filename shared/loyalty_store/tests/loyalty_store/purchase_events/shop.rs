//! A user who buys, in a database of the test's own, so that no relay takes the events.

use std::time::Duration;

use domain::{Money, PaymentFailure, TariffId};
use events::PurchaseEvent;
use jiff::Timestamp;
use loyalty_store::{LoyaltyStore, OpenPurchaseOutcome, Purchase, RefundOutcome, Settled};
use pg::{AdHoc, PgError};
use redemption::ApplyOutcome;
use runtime::OsRandom;
use testkit::{scratch, staff};
use uuid::Uuid;

use crate::world::{Limits, PRICE, World, now};

#[derive(Clone)]
pub struct Shop {
    pub world: World,
    pub user: Uuid,
    pub tariff: i64,
}

impl Shop {
    pub async fn new() -> Shop {
        let pool = scratch::loyalty_database().await;
        let store = LoyaltyStore::new(pool.clone());
        let world = World { pool, store };
        Shop {
            user: world.user().await,
            tariff: world.tariff().await,
            world,
        }
    }

    /// The same with another tariff.
    pub async fn selling_another(&self) -> Shop {
        Shop {
            tariff: self.world.tariff().await,
            ..self.clone()
        }
    }

    /// Opens a purchase at full price.
    pub async fn order(&self) -> Purchase {
        let store = &self.world.store;
        let tariff = TariffId(self.tariff);
        let bought = store.open_full_price_purchase(self.user, tariff, None, now(), &OsRandom);
        match bought.await.unwrap() {
            OpenPurchaseOutcome::Opened(purchase) => *purchase,
            other => panic!("{other:?}"),
        }
    }

    /// Opens a purchase with a new code that takes this much off. Also returns the ID of the code.
    pub async fn order_with_code(&self, discount_minor: i64) -> (Purchase, i64) {
        let one = Limits {
            uses: Some(1),
            ..Limits::default()
        };
        let promo = self.world.promo(discount_minor, one).await;
        let ApplyOutcome::Applied(hold) = self.world.apply(self.user, promo, self.tariff).await
        else {
            panic!("not held");
        };
        let opened = self
            .world
            .store
            .open_purchase(&hold, None, now(), &OsRandom);
        match opened.await.unwrap() {
            OpenPurchaseOutcome::Opened(purchase) => (*purchase, promo),
            other => panic!("{other:?}"),
        }
    }

    /// The payment succeeds.
    pub async fn pay(&self, purchase: &Purchase) -> Result<Settled, PgError> {
        let (store, id) = (&self.world.store, purchase.id);
        let reference = format!("payment-{id}");
        store
            .complete_purchase(id, &reference, purchase.total, now(), &OsRandom)
            .await
    }

    /// Buys and pays at full price.
    pub async fn buy(&self) -> Purchase {
        let purchase = self.order().await;
        assert_eq!(self.pay(&purchase).await.unwrap(), Settled::Now);
        purchase
    }

    pub async fn decline(&self, purchase: &Purchase) {
        let failed = (self.world.store)
            .fail_purchase(purchase.id, None, PaymentFailure::Declined, now())
            .await;
        assert_eq!(failed.unwrap(), Settled::Now);
    }

    /// Staff refund this much, or everything. Returns the ID of the refund.
    pub async fn refund(&self, purchase: &Purchase, minor: Option<i64>) -> Uuid {
        let ordered = staff::order_refund(&self.world.store, purchase.id, minor, now()).await;
        let RefundOutcome::Refund(refund) = ordered else {
            panic!("not ordered");
        };
        self.comes_off(refund.id).await;
        refund.id
    }

    /// The provider reports that the refund is complete.
    pub async fn comes_off(&self, refund: Uuid) {
        let reference = format!("refund-{refund}");
        let completed = self.world.store.complete_refund(refund, &reference, now());
        completed.await.unwrap();
    }

    /// The events since the last call, each user's in order.
    pub async fn events(&self) -> Vec<PurchaseEvent> {
        let (outbox, mut events) = (self.world.store.outbox(), vec![]);
        loop {
            let until = now() + Duration::from_secs(60);
            let claimed = outbox.claim(100, now(), until).await.unwrap();
            if claimed.is_empty() {
                return events;
            }
            let ids: Vec<Uuid> = claimed.iter().map(|event| event.event_id).collect();
            outbox.mark_published(&ids, now()).await.unwrap();
            events.extend(claimed);
        }
    }

    /// The period that the purchase pays for.
    pub async fn period(&self, purchase: &Purchase) -> (Timestamp, Timestamp) {
        let found = self.world.store.find_purchase(purchase.id).await.unwrap();
        let period = found.unwrap().subscription.unwrap();
        (period.starts_at, period.ends_at)
    }

    pub async fn contradictions(&self) -> Vec<String> {
        self.world.store.contradictions(None).await.unwrap()
    }

    pub async fn sql(&self, sql: &str) {
        self.world.pool.execute(sql, &[]).await.unwrap();
    }
}

pub fn rub(minor: i64) -> Money {
    Money::from_minor(minor, domain::Currency::RUB).unwrap()
}

/// The price of everything.
pub fn price() -> Money {
    rub(PRICE)
}
