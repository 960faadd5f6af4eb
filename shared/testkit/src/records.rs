//! Records in the databases: reading, waiting for and changing them.

use jiff::Timestamp;
use loyalty_store::LoyaltyStore;
use pg::{AdHoc, Param, Row, Type};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{Promo, TIMEOUT, User, World, rows, until};

/// An application, as it is stored.
#[derive(Debug, PartialEq, Eq)]
pub struct Application {
    /// Its state.
    pub state: String,
    /// Why it was cancelled.
    pub cancel_reason: Option<String>,
}

/// A purchase, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purchase {
    /// Its status.
    pub status: String,
    /// Why it failed.
    pub failure: Option<String>,
    /// The total, in kopecks.
    pub total_minor: i64,
    /// The provider's ID of the payment.
    pub payment_id: Option<String>,
    /// The ID of the application.
    pub application_id: Uuid,
    /// When the sweeper next polls the provider.
    pub check_at: Option<Timestamp>,
    /// The period that was bought: start and end.
    pub subscription: Option<(Timestamp, Timestamp)>,
}

/// A decision, as it is stored.
#[derive(Debug, PartialEq)]
pub struct Decision {
    /// Whether the code was accepted.
    pub accepted: bool,
    /// The user.
    pub user_id: Uuid,
    /// The promo code.
    pub promo_id: i64,
    /// The tariff.
    pub tariff_id: i64,
    /// The outcome of every rule.
    pub outcomes: Vec<Value>,
}

impl Decision {
    /// The rules that refused.
    pub fn refusals(&self) -> Vec<&str> {
        let refused = self.outcomes.iter().filter(|o| o["passed"] == false);
        refused.filter_map(|o| o["rule"].as_str()).collect()
    }
}

impl World {
    async fn loyalty_row(&self, sql: &str, params: &[Param<'_>]) -> Option<Row> {
        self.loyalty.row(sql, params).await.unwrap()
    }

    /// The status of a user, as the loyalty side knows it.
    pub async fn user_status(&self, user_id: Uuid) -> Option<String> {
        let sql = "SELECT status FROM users WHERE id = $1";
        let row = self.loyalty_row(sql, &[(&user_id, Type::UUID)]).await?;
        row.get(0)
    }

    /// An application.
    pub async fn application(&self, id: Uuid) -> Application {
        let sql = "SELECT state, cancel_reason FROM applications WHERE id = $1";
        let row = self.loyalty_row(sql, &[(&id, Type::UUID)]).await.unwrap();
        Application {
            state: row.get(0),
            cancel_reason: row.get(1),
        }
    }

    /// Expires an application.
    pub async fn let_lapse(&self, application_id: Uuid) {
        rows::expire_application(&self.loyalty, application_id).await;
    }

    /// Ages an application until a minute before it expires.
    pub async fn make_nearly_expired(&self, application_id: Uuid) {
        let sql = "UPDATE applications SET created_at = now() - (expires_at - created_at) + interval '1 minute',
                expires_at = now() + interval '1 minute' WHERE id = $1";
        let params: [Param; 1] = [(&application_id, Type::UUID)];
        assert_eq!(self.loyalty.execute(sql, &params).await.unwrap(), 1);
    }

    /// A purchase.
    pub async fn purchase(&self, id: Uuid) -> Purchase {
        let sql = "SELECT b.status, b.failure, b.total_minor, b.payment_id, b.application_id, s.starts_at, s.ends_at,
                b.check_at
            FROM purchases b LEFT JOIN subscriptions s ON s.purchase_id = b.id WHERE b.id = $1";
        let row = self.loyalty_row(sql, &[(&id, Type::UUID)]).await.unwrap();
        let period: (Option<Timestamp>, Option<Timestamp>) = (row.get(5), row.get(6));
        Purchase {
            status: row.get(0),
            failure: row.get(1),
            total_minor: row.get(2),
            payment_id: row.get(3),
            application_id: row.get(4),
            check_at: row.get(7),
            subscription: period.0.zip(period.1),
        }
    }

    /// Waits until a purchase has this status.
    pub async fn until_purchase(&self, id: Uuid, status: &str) -> Purchase {
        let what = format!("purchase {status}");
        let (purchase, _) = until(&what, TIMEOUT, async || {
            Some(self.purchase(id).await).filter(|purchase| purchase.status == status)
        })
        .await;
        purchase
    }

    /// Makes the sweeper poll a purchase now, instead of a minute after it was made.
    pub async fn make_due(&self, purchase: Uuid) {
        let sql = "UPDATE purchases SET check_at = now() - interval '1 second' WHERE id = $1";
        let made = self.loyalty.execute(sql, &[(&purchase, Type::UUID)]).await;
        assert_eq!(made.unwrap(), 1);
    }

    /// Waits until the ledger has these amounts for a purchase, in kopecks and in this order.
    pub async fn until_ledger(&self, purchase: Uuid, amounts: &[i64]) {
        until("the ledger", TIMEOUT, async || {
            let ledger = self.ledger(purchase).await;
            let known: Vec<i64> = ledger.into_iter().map(|(_, minor)| minor).collect();
            (known == amounts).then_some(())
        })
        .await;
    }

    /// The ledger entries of a purchase, oldest first: the kind, and the amount in kopecks.
    pub async fn ledger(&self, purchase: Uuid) -> Vec<(String, i64)> {
        let sql = "SELECT kind, amount_minor FROM ledger WHERE purchase_id = $1 ORDER BY id";
        let rows = self.loyalty.rows(sql, &[(&purchase, Type::UUID)]).await;
        let entry = |row: &Row| (row.get(0), row.get(1));
        rows.unwrap().iter().map(entry).collect()
    }

    /// Moves a use to the day before, as far as a daily limit is concerned.
    pub async fn move_to_yesterday(&self, application_id: Uuid) {
        let sql =
            "UPDATE applications SET created_at = created_at - interval '1 day' WHERE id = $1";
        let params = [(&application_id as _, Type::UUID)];
        let moved = self.loyalty.execute(sql, &params).await;
        assert_eq!(moved.unwrap(), 1);
    }

    /// The last decision about a user and a promo code.
    pub async fn last_decision(&self, user: &User, promo: &Promo) -> Decision {
        let sql =
            "SELECT id FROM decisions WHERE user_id = $1 AND code_id = $2 ORDER BY at DESC LIMIT 1";
        let params: [pg::Param; 2] = [(&user.id, Type::UUID), (&promo.id, Type::INT8)];
        let id = self.loyalty_row(sql, &params).await.unwrap().get(0);
        self.decision(id).await
    }

    /// A decision.
    pub async fn decision(&self, id: Uuid) -> Decision {
        let store = LoyaltyStore::new(self.loyalty.clone());
        let stored = store.find_decision(id).await.unwrap().unwrap();
        Decision {
            accepted: stored.accepted,
            user_id: stored.facts.user_id,
            promo_id: stored.facts.code.id.0,
            tariff_id: stored.facts.tariff.id.0,
            outcomes: stored
                .outcomes
                .iter()
                .map(|outcome| json!(outcome))
                .collect(),
        }
    }

    /// The uses of a promo code's promotion that are held or spent.
    pub async fn taken(&self, promo: &Promo) -> i64 {
        let sql =
            "SELECT coalesce(sum(taken), 0)::bigint FROM promotion_usage WHERE promotion_id = $1";
        let row = self
            .loyalty_row(sql, &[(&promo.promotion, Type::INT8)])
            .await;
        row.unwrap().get(0)
    }

    /// The number of purchases made with a promo code.
    pub async fn count_purchases(&self, promo: &Promo) -> i64 {
        let sql = "SELECT count(*) FROM purchases b JOIN applications a ON a.id = b.application_id WHERE a.code_id = $1";
        let row = self.loyalty_row(sql, &[(&promo.id, Type::INT8)]).await;
        row.unwrap().get(0)
    }

    /// The number of refunds ordered for a purchase, in any state.
    pub async fn count_refunds(&self, purchase: Uuid) -> i64 {
        let sql = "SELECT count(*) FROM refunds WHERE purchase_id = $1";
        let row = self.loyalty_row(sql, &[(&purchase, Type::UUID)]).await;
        row.unwrap().get(0)
    }

    /// The number of applications of a promo code, in any state.
    pub async fn count_applications(&self, promo: &Promo) -> i64 {
        let sql = "SELECT count(*) FROM applications WHERE code_id = $1";
        let row = self.loyalty_row(sql, &[(&promo.id, Type::INT8)]).await;
        row.unwrap().get(0)
    }
}
