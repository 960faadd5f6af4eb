//! A promo code that users hold uses of.

use domain::{Clock, PromoCode, PromoRef, TariffId};
use loyalty_store::{Audited, LoyaltyStore, PromoRequest};
use pg::{AdHoc, Param, Pool, Type};
use redemption::ApplyOutcome;
use runtime::{OsRandom, SystemClock};
use testkit::{Effect, NewCode, PromoSpec, rows};
use uuid::Uuid;

pub struct Promo {
    pool: Pool,
    store: LoyaltyStore,
    pub id: i64,
    tariff: i64,
}

impl Promo {
    /// An active, unlisted code, practically without limits.
    pub async fn new(pool: &Pool) -> Promo {
        let tariff = rows::insert_tariff(pool, "worker test", 30_000, "RUB").await;
        let spec = PromoSpec {
            effect: Effect::AmountOff(100),
            per_user_limit: Some(1000),
            ..PromoSpec::default()
        };
        let promotion = rows::insert_promotion(pool, &spec).await;
        let (id, _) = rows::insert_code(pool, promotion, "WORKERTEST", NewCode::default()).await;
        Promo {
            pool: pool.clone(),
            store: LoyaltyStore::new(pool.clone()),
            id,
            tariff,
        }
    }

    /// Holds a use for the user, or returns the rules that refused.
    pub async fn apply(&self, user_id: Uuid) -> Result<(), Vec<String>> {
        let ask = PromoRequest {
            user_id,
            promo: PromoRef::Text(PromoCode::candidates(&format!("WORKERTEST{}", self.id))),
            tariff: TariffId(self.tariff),
            move_held: false,
        };
        let applied = redemption::apply(&self.store, &ask, SystemClock.now(), &OsRandom).await;
        match applied.unwrap() {
            ApplyOutcome::Applied(_) => Ok(()),
            ApplyOutcome::Refused { decision, .. } => {
                let refusals = decision.refusals();
                Err(refusals.map(|outcome| outcome.rule.to_string()).collect())
            }
            other => Err(vec![format!("{other:?}")]),
        }
    }

    /// The user's applications, oldest first: the state and the reason for the cancellation.
    pub async fn of(&self, user: Uuid) -> Vec<(String, Option<String>)> {
        let sql = "SELECT state, cancel_reason FROM applications WHERE code_id = $1 AND user_id = $2 ORDER BY created_at";
        let params: [Param; 2] = [(&self.id, Type::INT8), (&user, Type::UUID)];
        let rows = self.pool.rows(sql, &params).await.unwrap();
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    }

    /// Panics unless the counters match the applications and `taken` uses are held.
    pub async fn adds_up(&self, taken: i64) {
        let audited = Audited {
            promos: &[self.id],
            ..Audited::default()
        };
        let contradictions = self.store.contradictions(Some(audited)).await.unwrap();
        assert!(contradictions.is_empty(), "{contradictions:#?}");
        let sql = "SELECT count(*) FROM applications WHERE code_id = $1 AND state = 'applied'";
        let row = self.pool.row(sql, &[(&self.id, Type::INT8)]).await.unwrap();
        assert_eq!(row.unwrap().get::<_, i64>(0), taken, "uses held");
    }
}
