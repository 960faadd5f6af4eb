//! A few users, two codes of one campaign, two tariffs, on a real database.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use domain::{
    ApplicationState, Currency, Money, PaymentFailure, PromoCodeId, PromoRef, UserStatus,
};
use jiff::{SignedDuration, Timestamp};
use loyalty_store::{
    Application, Cancelled, OpenPurchaseOutcome, PromoRequest, RefundOutcome, Settled,
};
use pg::{AdHoc, Type};
use proptest::prelude::*;
use redemption::ApplyOutcome;
use runtime::OsRandom;
use uuid::Uuid;

use crate::world::{self, Limits, PRICE, World};

pub const USERS: usize = 3;
/// The limits of each code: uses in total and per user. The second code leaves nothing to pay.
pub const LIMITS: [(i64, i32); 2] = [(2, 2), (3, 1)];
pub const DISCOUNTS: [i64; 2] = [100, PRICE];
/// The limit on uses of both codes together.
pub const CAMPAIGN_LIMIT: i64 = 4;
/// Longer than a hold.
const LONG: SignedDuration = SignedDuration::from_mins(31);

/// An operation. Users, codes and tariffs are given by index.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Op {
    Apply {
        user: usize,
        promo: usize,
        tariff: usize,
    },
    /// The same, moving the application for the other tariff.
    Move {
        user: usize,
        promo: usize,
        tariff: usize,
    },
    Cancel {
        user: usize,
        promo: usize,
    },
    Buy {
        user: usize,
        promo: usize,
        tariff: usize,
    },
    /// The payment of one of the purchases so far succeeds, or is declined.
    Pay {
        purchase: usize,
    },
    Decline {
        purchase: usize,
    },
    /// Staff refund one of the purchases.
    Refund {
        purchase: usize,
    },
    Wait,
    Sweep,
    /// The auth side reports the user as blocked or deleted.
    Close {
        user: usize,
        status: UserStatus,
    },
    /// The auth side reports the user as active (again).
    Open {
        user: usize,
    },
}

pub fn op() -> impl Strategy<Value = Op> {
    let (user, two) = (0..USERS, 0..2_usize);
    prop_oneof![
        6 => (user.clone(), two.clone(), two.clone()).prop_map(|(user, promo, tariff)| Op::Apply { user, promo, tariff }),
        3 => (user.clone(), two.clone(), two.clone()).prop_map(|(user, promo, tariff)| Op::Move { user, promo, tariff }),
        3 => (user.clone(), two.clone()).prop_map(|(user, promo)| Op::Cancel { user, promo }),
        4 => (user.clone(), two.clone(), two).prop_map(|(user, promo, tariff)| Op::Buy { user, promo, tariff }),
        2 => (0..8_usize).prop_map(|purchase| Op::Pay { purchase }),
        2 => (0..8_usize).prop_map(|purchase| Op::Decline { purchase }),
        1 => (0..8_usize).prop_map(|purchase| Op::Refund { purchase }),
        1 => Just(Op::Wait),
        1 => Just(Op::Sweep),
        1 => user.clone().prop_map(|user| Op::Close { user, status: UserStatus::Blocked }),
        1 => user.clone().prop_map(|user| Op::Close { user, status: UserStatus::Deleted }),
        1 => user.prop_map(|user| Op::Open { user }),
    ]
}

/// The outcome of an operation.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    Held,
    HeldBefore,
    Refused(Vec<String>),
    Bought,
    BoughtBefore,
    /// The number of applications.
    Cancelled(usize),
    Settled(&'static str),
    Refund(&'static str),
    Nothing,
}

/// An application: user, code, tariff, state. One that is past its end is `expired`, whoever released it.
pub type Entry = (usize, usize, usize, &'static str);

/// The events of each user, in order: `paid` or `refunded`.
pub type Events = [Vec<&'static str>; USERS];

#[derive(Clone)]
pub struct Scene(Arc<Inner>);

struct Inner {
    world: World,
    users: Vec<Uuid>,
    promos: Vec<i64>,
    tariffs: Vec<i64>,
    seconds: AtomicI64,
    start: Timestamp,
    purchases: Mutex<Vec<(Uuid, Money)>>,
    version: AtomicI64,
}

impl Scene {
    pub async fn new() -> Scene {
        let world = World::alone().await;
        let campaign = Limits {
            uses: Some(CAMPAIGN_LIMIT),
            ..Limits::default()
        };
        let campaign = world.campaign(campaign).await;
        let mut promos = vec![];
        for ((uses, per_user), discount) in LIMITS.into_iter().zip(DISCOUNTS) {
            let limits = Limits {
                uses: Some(uses),
                per_user: Some(per_user),
                campaign: Some(campaign),
                budget_minor: None,
            };
            promos.push(world.promo(discount, limits).await);
        }
        Scene(Arc::new(Inner {
            users: world.users(USERS).await,
            promos,
            tariffs: vec![world.tariff().await, world.tariff().await],
            seconds: AtomicI64::new(0),
            start: world::now(),
            purchases: Mutex::default(),
            version: AtomicI64::new(1),
            world,
        }))
    }

    pub fn now(&self) -> Timestamp {
        self.0.start + SignedDuration::from_secs(self.0.seconds.load(Ordering::SeqCst))
    }

    /// Runs the operation, a second after the previous one. No call may fail: the database finds no constraint
    /// violated, and there are no deadlocks.
    pub async fn run(&self, op: Op) -> Answer {
        let Inner {
            world,
            users,
            promos,
            tariffs,
            ..
        } = &*self.0;
        self.0.seconds.fetch_add(1, Ordering::SeqCst);
        let (store, now) = (&world.store, self.now());
        match op {
            Op::Apply {
                user,
                promo,
                tariff,
            }
            | Op::Move {
                user,
                promo,
                tariff,
            } => {
                let ask = PromoRequest {
                    move_held: matches!(op, Op::Move { .. }),
                    ..world::ask(users[user], promos[promo], tariffs[tariff])
                };
                match redemption::apply(store, &ask, now, &OsRandom)
                    .await
                    .unwrap()
                {
                    ApplyOutcome::Applied(_) => Answer::Held,
                    ApplyOutcome::AppliedBefore(_) => Answer::HeldBefore,
                    ApplyOutcome::Refused { decision, .. } => {
                        Answer::Refused(decision.refusals().map(|o| o.rule.to_string()).collect())
                    }
                    other => panic!("{other:?}"),
                }
            }
            Op::Buy {
                user,
                promo,
                tariff,
            } => {
                let ask = world::ask(users[user], promos[promo], tariffs[tariff]);
                match redemption::apply(store, &ask, now, &OsRandom)
                    .await
                    .unwrap()
                {
                    ApplyOutcome::Applied(hold) | ApplyOutcome::AppliedBefore(hold) => {
                        self.buy(&hold, now).await
                    }
                    ApplyOutcome::Refused { decision, .. } => {
                        Answer::Refused(decision.refusals().map(|o| o.rule.to_string()).collect())
                    }
                    other => panic!("{other:?}"),
                }
            }
            Op::Cancel { user, promo } => {
                let promo = PromoRef::Id(PromoCodeId(promos[promo]));
                let cancelled = store.cancel(users[user], &promo, None, now).await.unwrap();
                Answer::Cancelled(match cancelled {
                    Cancelled::Done(cancelled) => cancelled.len(),
                    Cancelled::NotApplied | Cancelled::Used | Cancelled::Changed => 0,
                })
            }
            Op::Pay { purchase } => match self.purchase(purchase) {
                None => Answer::Nothing,
                Some((id, total)) => {
                    let reference = id.to_string();
                    let settled_as = store
                        .complete_purchase(id, &reference, total, now, &OsRandom)
                        .await;
                    settled(settled_as.unwrap())
                }
            },
            Op::Decline { purchase } => match self.purchase(purchase) {
                None => Answer::Nothing,
                Some((id, _)) => settled(
                    store
                        .fail_purchase(id, None, PaymentFailure::Declined, now)
                        .await
                        .unwrap(),
                ),
            },
            Op::Refund { purchase } => match self.purchase(purchase) {
                None => Answer::Nothing,
                Some((id, _)) => self.refund(id, now).await,
            },
            Op::Wait => {
                self.0.seconds.fetch_add(LONG.as_secs(), Ordering::SeqCst);
                Answer::Nothing
            }
            Op::Sweep => {
                while store.expire_applications(now).await.unwrap() > 0 {}
                Answer::Nothing
            }
            Op::Close { user, status } => self.set_status(user, status).await,
            Op::Open { user } => self.set_status(user, UserStatus::Active).await,
        }
    }

    async fn buy(&self, hold: &Application, now: Timestamp) -> Answer {
        if hold.state == ApplicationState::Paying {
            return Answer::BoughtBefore;
        }
        let store = &self.0.world.store;
        match store
            .open_purchase(hold, None, now, &OsRandom)
            .await
            .unwrap()
        {
            OpenPurchaseOutcome::Opened(purchase) => {
                let mut purchases = self.0.purchases.lock().unwrap();
                purchases.push((purchase.id, purchase.total));
                Answer::Bought
            }
            // A concurrent operation came first.
            _ => Answer::Nothing,
        }
    }

    async fn refund(&self, purchase: Uuid, now: Timestamp) -> Answer {
        let store = &self.0.world.store;
        let ordered = testkit::staff::order_refund(store, purchase, None, now).await;
        Answer::Refund(match ordered {
            RefundOutcome::Refund(refund) => {
                let reference = refund.id.to_string();
                store
                    .complete_refund(refund.id, &reference, now)
                    .await
                    .unwrap();
                "done"
            }
            RefundOutcome::NothingLeft => "nothing left",
            RefundOutcome::NotPaid => "not paid",
            other => panic!("{other:?}"),
        })
    }

    fn purchase(&self, nth: usize) -> Option<(Uuid, Money)> {
        self.0.purchases.lock().unwrap().get(nth).copied()
    }

    async fn set_status(&self, user: usize, status: UserStatus) -> Answer {
        let version = self.0.version.fetch_add(1, Ordering::SeqCst) + 1;
        let event = world::event(self.0.users[user], version, status);
        self.0
            .world
            .store
            .apply_user_status(&event, self.now())
            .await
            .unwrap();
        Answer::Nothing
    }

    pub async fn adds_up(&self) {
        self.0.world.adds_up(&self.0.promos).await;
    }

    /// All applications, in order of creation.
    pub async fn ledger(&self) -> Vec<Entry> {
        let Inner {
            world,
            users,
            promos,
            tariffs,
            ..
        } = &*self.0;
        let sql = "SELECT user_id, code_id, tariff_id,
                CASE WHEN (state = 'applied' AND expires_at <= $2)
                    OR (cancel_reason IN ('user_blocked', 'user_deleted') AND expires_at <= updated_at) THEN 'expired' ELSE state END
            FROM applications WHERE code_id = ANY ($1) ORDER BY created_at";
        let params: [pg::Param; 2] = [(promos, Type::INT8_ARRAY), (&self.now(), Type::TIMESTAMPTZ)];
        let rows = world.pool.rows(sql, &params).await.unwrap();
        let place = |ids: &[i64], id: i64| ids.iter().position(|other| *other == id).unwrap();
        let entry = |row: &pg::Row| {
            let user: Uuid = row.get(0);
            let state: ApplicationState = row.get::<_, &str>(3).parse().unwrap();
            (
                users.iter().position(|other| *other == user).unwrap(),
                place(promos, row.get(1)),
                place(tariffs, row.get(2)),
                state.as_str(),
            )
        };
        rows.iter().map(entry).collect()
    }

    /// The purchase events.
    pub async fn events(&self) -> Events {
        let Inner { world, users, .. } = &*self.0;
        let sql = "SELECT user_id, refund_minor IS NULL FROM outbox WHERE user_id = ANY ($1) ORDER BY sequence";
        let rows = world.pool.rows(sql, &[(users, Type::UUID_ARRAY)]).await;
        let mut events = Events::default();
        for row in rows.unwrap() {
            let user: Uuid = row.get(0);
            let place = users.iter().position(|other| *other == user).unwrap();
            events[place].push(if row.get(1) { "paid" } else { "refunded" });
        }
        events
    }

    pub async fn is_within_limits(&self) {
        let ledger = self.ledger().await;
        let live = |entry: &&Entry| matches!(entry.3, "applied" | "paying" | "used");
        assert!(
            ledger.iter().filter(live).count() as i64 <= CAMPAIGN_LIMIT,
            "{ledger:?}"
        );
        for (promo, (uses, per_user)) in LIMITS.into_iter().enumerate() {
            let of_promo = || ledger.iter().filter(live).filter(|entry| entry.1 == promo);
            assert!(of_promo().count() as i64 <= uses, "{ledger:?}");
            for user in 0..USERS {
                let of_user = of_promo().filter(|entry| entry.0 == user);
                assert!(of_user.count() as i32 <= per_user, "{ledger:?}");
            }
        }
    }

    /// Fails every payment, expires every hold and makes every user active.
    pub async fn close_everything(&self) {
        for nth in 0.. {
            if self.run(Op::Decline { purchase: nth }).await == Answer::Nothing {
                break;
            }
        }
        for user in 0..USERS {
            self.run(Op::Open { user }).await;
        }
        self.run(Op::Wait).await;
        self.run(Op::Sweep).await;
    }

    /// Checks that new users can hold exactly the uses that are not spent.
    pub async fn can_be_used_up(&self) {
        let Inner {
            world,
            promos,
            tariffs,
            ..
        } = &*self.0;
        let used =
            |ledger: &[Entry]| ledger.iter().filter(|entry| entry.3 == "used").count() as i64;
        let spent = used(&self.ledger().await);
        let mut held = 0;
        for user in world.users(6).await {
            for promo in promos {
                let ask = world::ask(user, *promo, tariffs[0]);
                let applied = redemption::apply(&world.store, &ask, self.now(), &OsRandom)
                    .await
                    .unwrap();
                held += i64::from(matches!(applied, ApplyOutcome::Applied(_)));
            }
        }
        // Together, the codes have one use more than the campaign.
        assert_eq!(held + spent, CAMPAIGN_LIMIT);
    }
}

fn settled(settled: Settled) -> Answer {
    Answer::Settled(match settled {
        Settled::Now => "now",
        Settled::Before => "before",
        Settled::Late { kept: true } => "late, kept",
        Settled::Late { kept: false } => "late, going back",
        Settled::Conflict(_) => "conflict",
        Settled::NoPurchase => "no purchase",
    })
}

/// What a purchase with this code costs.
pub fn total(promo: usize) -> Money {
    Money::from_minor(PRICE - DISCOUNTS[promo], Currency::RUB).unwrap()
}
