//! Test data for the store, in a real database.

use domain::{Clock, PromoCode, PromoRef, Random, TariffId, UserStatus};
use events::UserStatusChanged;
use jiff::{SignedDuration, Timestamp};
use loyalty_store::{Application, Audited, LoyaltyStore, PromoRequest, StatusChange};
use pg::{AdHoc, Param, Pool, Type};
use redemption::ApplyOutcome;
use runtime::{OsRandom, SystemClock};
use testkit::{Effect, NewCode, PromoSpec, rows, scratch};
use tokio::sync::OnceCell;
use tokio::task::JoinSet;
use uuid::Uuid;

/// The price of every tariff, in kopecks.
pub const PRICE: i64 = 30_000;
/// The prefix of the texts of codes; the ID follows.
const CODE: &str = "STORETEST";

#[derive(Clone)]
pub struct World {
    pub pool: Pool,
    pub store: LoyaltyStore,
}

/// The limits of a promo code or a campaign.
#[derive(Debug, Clone, Copy, Default)]
pub struct Limits {
    pub uses: Option<i64>,
    pub budget_minor: Option<i64>,
    pub campaign: Option<i64>,
    pub per_user: Option<i32>,
}

pub fn database_url() -> String {
    runtime::required("LOYALTY_DATABASE_URL", "run `cargo local test`").unwrap()
}

pub fn now() -> Timestamp {
    SystemClock.now()
}

pub fn event(user_id: Uuid, version: i64, status: UserStatus) -> UserStatusChanged {
    UserStatusChanged {
        event_id: OsRandom.uuid(),
        user_id,
        status,
        version,
        occurred_at: now(),
        first_account_id: None,
    }
}

impl World {
    /// A world with at most `connections` connections.
    pub fn new(connections: usize) -> World {
        World::at(&database_url(), connections)
    }

    /// A world that other tests do not share, for tests with a clock of their own: a sweep by that clock expires
    /// everybody's applications.
    pub async fn alone() -> World {
        static URL: OnceCell<String> = OnceCell::const_new();
        World::at(URL.get_or_init(scratch::loyalty_url).await, 8)
    }

    fn at(url: &str, connections: usize) -> World {
        let pool = Pool::new(url, connections).unwrap();
        let store = LoyaltyStore::new(pool.clone());
        World { pool, store }
    }

    /// Opens all the connections, a few at a time: each takes a key derivation, which is slow without optimisation.
    pub async fn connected(connections: usize) -> World {
        let world = World::new(connections);
        for open in (8..=connections).step_by(8) {
            let mut tasks = JoinSet::new();
            for _ in 0..open {
                let pool = world.pool.clone();
                tasks.spawn(async move { pool.rows("SELECT pg_sleep(0.2)", &[]).await.unwrap() });
            }
            tasks.join_all().await;
        }
        world
    }

    pub async fn number(&self, sql: &str, params: &[Param<'_>]) -> i64 {
        self.pool.row(sql, params).await.unwrap().unwrap().get(0)
    }

    pub async fn apply_event(&self, event: &UserStatusChanged) -> StatusChange {
        self.store.apply_user_status(event, now()).await.unwrap()
    }

    pub async fn user(&self) -> Uuid {
        self.users(1).await[0]
    }

    /// Active users.
    pub async fn users(&self, count: usize) -> Vec<Uuid> {
        rows::insert_new_users(&self.pool, count).await
    }

    pub async fn tariff(&self) -> i64 {
        rows::insert_tariff(&self.pool, "test", PRICE, "RUB").await
    }

    pub async fn campaign(&self, limits: Limits) -> i64 {
        rows::insert_campaign(&self.pool, limits.uses, limits.budget_minor).await
    }

    /// An active, unlisted code that takes `discount_minor` off; one use per user unless the limits say otherwise.
    pub async fn promo(&self, discount_minor: i64, limits: Limits) -> i64 {
        let spec = PromoSpec {
            effect: Effect::AmountOff(discount_minor),
            starts_at: now() - SignedDuration::from_hours(24),
            total_limit: limits.uses,
            budget_minor: limits.budget_minor,
            campaign: limits.campaign,
            per_user_limit: Some(limits.per_user.unwrap_or(1)),
            ..PromoSpec::default()
        };
        let promotion = rows::insert_promotion(&self.pool, &spec).await;
        self.code_of(promotion).await
    }

    /// Another code of the same promotion.
    pub async fn another_code(&self, code: i64) -> i64 {
        let sql = "SELECT promotion_id FROM promo_codes WHERE id = $1";
        let promotion = self.number(sql, &[(&code, Type::INT8)]).await;
        self.code_of(promotion).await
    }

    async fn code_of(&self, promotion: i64) -> i64 {
        let (id, _) = rows::insert_code(&self.pool, promotion, CODE, NewCode::default()).await;
        id
    }

    /// Limits the uses of a single code.
    pub async fn limit_code(&self, code: i64, uses: i64) {
        let sql = "UPDATE promo_codes SET max_uses = $2 WHERE id = $1";
        let params: [Param; 2] = [(&code, Type::INT8), (&uses, Type::INT8)];
        assert_eq!(self.pool.execute(sql, &params).await.unwrap(), 1);
    }

    pub async fn apply(&self, user: Uuid, promo: i64, tariff: i64) -> ApplyOutcome {
        let ask = ask(user, promo, tariff);
        redemption::apply(&self.store, &ask, now(), &OsRandom)
            .await
            .unwrap()
    }

    /// Applies a code for each of `users`, `at_a_time` of them concurrently. Returns the applications, and the rules of
    /// each refusal.
    pub async fn apply_all(
        &self,
        users: &[Uuid],
        promos: &[i64],
        tariff: i64,
        at_a_time: usize,
    ) -> (Vec<Application>, Vec<Vec<String>>) {
        let mut tasks = JoinSet::new();
        let share = users.len().div_ceil(at_a_time);
        for (nth, users) in users.chunks(share).enumerate() {
            let (world, users, promos) = (self.clone(), users.to_vec(), promos.to_vec());
            tasks.spawn(async move {
                let mut answers = vec![];
                for (number, user) in users.into_iter().enumerate() {
                    let promo = promos[(nth + number) % promos.len()];
                    answers.push(world.apply(user, promo, tariff).await);
                }
                answers
            });
        }
        let (mut held, mut refused) = (vec![], vec![]);
        for answer in tasks.join_all().await.into_iter().flatten() {
            match answer {
                ApplyOutcome::Applied(hold) => held.push(hold),
                ApplyOutcome::Refused { decision, .. } => {
                    refused.push(
                        decision
                            .refusals()
                            .map(|outcome| outcome.rule.to_string())
                            .collect(),
                    );
                }
                other => panic!("{other:?}"),
            }
        }
        (held, refused)
    }

    /// The uses of the promotion of a code that are held or spent, and the sum of their discounts.
    pub async fn promotion_usage(&self, code: i64) -> (i64, i64) {
        let sql = "SELECT coalesce(sum(taken), 0)::bigint, coalesce(sum(spent_minor), 0)::bigint FROM promotion_usage
            WHERE promotion_id = (SELECT promotion_id FROM promo_codes WHERE id = $1)";
        self.usage(sql, code).await
    }

    /// The same for a campaign.
    pub async fn campaign_usage(&self, campaign: i64) -> (i64, i64) {
        let sql = "SELECT coalesce(sum(taken), 0)::bigint, coalesce(sum(spent_minor), 0)::bigint FROM campaign_usage
            WHERE campaign_id = $1";
        self.usage(sql, campaign).await
    }

    async fn usage(&self, sql: &str, id: i64) -> (i64, i64) {
        let row = self.pool.row(sql, &[(&id, Type::INT8)]).await.unwrap();
        let row = row.unwrap();
        (row.get(0), row.get(1))
    }

    /// Fails if the counters and the applications of these codes and their campaigns do not add up.
    pub async fn adds_up(&self, promos: &[i64]) {
        let audited = Audited {
            promos,
            ..Audited::default()
        };
        let contradictions = self.store.contradictions(Some(audited)).await.unwrap();
        assert!(contradictions.is_empty(), "{contradictions:#?}");
    }
}

pub fn ask(user_id: Uuid, promo: i64, tariff: i64) -> PromoRequest {
    PromoRequest {
        user_id,
        promo: PromoRef::Text(PromoCode::candidates(&format!("{CODE}{promo}"))),
        tariff: TariffId(tariff),
        move_held: false,
    }
}
