//! Applications that staff make for users, extend and cancel, while users and the sweeper are at them.

use domain::{PaymentFailure, Random, Reason, RuleCode, Waivers};
use jiff::{SignedDuration, Timestamp};
use loyalty_store::{
    Application, ApplicationChangeError, Cancelled, Change, ForUser, OpenPurchaseOutcome, Settled,
};
use pg::{AdHoc, Param, Type};
use redemption::{ApplyForUserOutcome, ApplyOutcome};
use runtime::OsRandom;
use testkit::rows;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::world::{self, Limits, World};

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

fn reason() -> Reason {
    Reason::parse("A test").unwrap()
}

fn change(at: Timestamp) -> Change {
    Change {
        actor_id: OsRandom.uuid(),
        at,
        request: None,
    }
}

fn by_staff() -> ForUser {
    ForUser {
        change: change(world::now()),
        reason: reason(),
        waivers: Waivers::default(),
        hold_minutes: None,
        with_purchase: false,
    }
}

impl World {
    async fn apply_by_staff(&self, user: Uuid, promo: i64, tariff: i64) -> ApplyForUserOutcome {
        self.apply_waiving(user, promo, tariff, &[]).await
    }

    async fn apply_waiving(
        &self,
        user: Uuid,
        promo: i64,
        tariff: i64,
        rules: &[RuleCode],
    ) -> ApplyForUserOutcome {
        let (ask, mut by) = (world::ask(user, promo, tariff), by_staff());
        for rule in rules {
            by.waivers.add(*rule).unwrap();
        }
        redemption::apply_for_user(&self.store, &ask, &by, world::now(), &OsRandom)
            .await
            .unwrap()
    }

    async fn applied(&self, user: Uuid, promo: i64, tariff: i64) -> Application {
        match self.apply(user, promo, tariff).await {
            ApplyOutcome::Applied(application) => application,
            other => panic!("{other:?}"),
        }
    }

    async fn state(&self, id: Uuid) -> (String, Timestamp) {
        let sql = "SELECT state::text, expires_at FROM applications WHERE id = $1";
        let row = self.pool.row(sql, &[(&id, Type::UUID)]).await.unwrap();
        let row = row.unwrap();
        (row.get(0), row.get(1))
    }

    /// How many entries of the audit log are about an application.
    async fn logged(&self, id: Uuid) -> i64 {
        let sql = "SELECT count(*) FROM staff_changes WHERE resource = 'application' AND resource_id = $1";
        self.number(sql, &[(&id.to_string(), Type::TEXT)]).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn last_use_is_for_one_of_users_and_staff() {
    let world = World::connected(32).await;
    let tariff = world.tariff().await;
    for _ in 0..5 {
        let limits = Limits {
            uses: Some(1),
            ..Limits::default()
        };
        let promo = world.promo(100, limits).await;
        let mut tasks = JoinSet::new();
        for (nth, user) in world.users(32).await.into_iter().enumerate() {
            let world = world.clone();
            tasks.spawn(async move {
                if nth % 2 == 0 {
                    let outcome = world.apply(user, promo, tariff).await;
                    matches!(outcome, ApplyOutcome::Applied(_))
                } else {
                    let outcome = world.apply_by_staff(user, promo, tariff).await;
                    matches!(outcome, ApplyForUserOutcome::Done(_))
                }
            });
        }
        let applied = tasks.join_all().await;
        assert_eq!(applied.iter().filter(|applied| **applied).count(), 1);
        assert_eq!(world.promotion_usage(promo).await, (1, 100));
        world.adds_up(&[promo]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn user_and_staff_at_once_make_one_application() {
    let world = World::connected(16).await;
    let (user, tariff) = (world.user().await, world.tariff().await);
    let promo = world.promo(100, Limits::default()).await;
    let mut tasks = JoinSet::new();
    for nth in 0..16 {
        let world = world.clone();
        tasks.spawn(async move {
            if nth % 2 == 0 {
                match world.apply(user, promo, tariff).await {
                    ApplyOutcome::Applied(own) | ApplyOutcome::AppliedBefore(own) => own.id,
                    other => panic!("{other:?}"),
                }
            } else {
                match world.apply_by_staff(user, promo, tariff).await {
                    ApplyForUserOutcome::Done(id) | ApplyForUserOutcome::AppliedBefore(id) => id,
                    other => panic!("{other:?}"),
                }
            }
        });
    }
    let ids = tasks.join_all().await;
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(world.promotion_usage(promo).await, (1, 100));
    assert!(world.logged(ids[0]).await <= 1);
    world.adds_up(&[promo]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn extension_or_expiry_wins_and_the_other_changes_nothing() {
    let world = World::alone().await;
    let tariff = world.tariff().await;
    let promo = world.promo(100, Limits::default()).await;
    let mut held = vec![];
    for user in world.users(60).await {
        held.push(world.applied(user, promo, tariff).await);
    }
    let last = held.iter().map(|own| own.expires_at).max().unwrap();
    // Staff see them a moment before they expire, the sweeper a moment after.
    let first = held.iter().map(|own| own.expires_at).min().unwrap();
    let (before, after, until) = (first - MINUTE, last + MINUTE, last + MINUTE * 60);
    let sweeper = {
        let world = world.clone();
        tokio::spawn(async move { world.store.expire_applications(after).await.unwrap() })
    };
    let mut tasks = JoinSet::new();
    for own in held {
        let world = world.clone();
        tasks.spawn(async move {
            let extended = world
                .store
                .extend_application(own.id, until, &reason(), change(before))
                .await;
            (own.id, extended)
        });
    }
    let extended = tasks.join_all().await;
    sweeper.await.unwrap();
    let mut open = 0;
    for (id, outcome) in extended {
        let (state, expires_at) = world.state(id).await;
        let logged = i64::from(outcome.is_ok());
        match outcome {
            Ok(()) => {
                open += 1;
                assert_eq!((state.as_str(), expires_at), ("applied", until));
            }
            Err(ApplicationChangeError::Expired) => assert_eq!(state, "expired"),
            Err(other) => panic!("{other:?}"),
        }
        assert_eq!(world.logged(id).await, logged);
    }
    assert_eq!(world.promotion_usage(promo).await, (open, open * 100));
    world.store.expire_applications(until).await.unwrap();
    assert_eq!(world.promotion_usage(promo).await, (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn sweeper_leaves_what_is_extended_after_it_was_found() {
    let world = World::alone().await;
    let tariff = world.tariff().await;
    let promo = world.promo(100, Limits::default()).await;
    let own = world.applied(world.user().await, promo, tariff).await;
    let (before, after) = (own.expires_at - MINUTE, own.expires_at + MINUTE);
    let until = own.expires_at + MINUTE * 60;
    // The row stays locked for a while after it is extended; the sweeper, which sees the application as expired, waits.
    let sql =
        "SELECT extend_application(p_application_id => $1, p_until => $2, p_reason => 'A test',
        p_staff => ROW($1, $3, NULL, NULL)::staff_request), pg_sleep(1)";
    let slow = {
        let (pool, id) = (world.pool.clone(), own.id);
        tokio::spawn(async move {
            let params: [Param; 3] = [
                (&id, Type::UUID),
                (&until, Type::TIMESTAMPTZ),
                (&before, Type::TIMESTAMPTZ),
            ];
            let row = pool.row(sql, &params).await.unwrap().unwrap();
            row.get::<_, String>(0)
        })
    };
    tokio::time::sleep(std::time::Duration::from_millis(400)).await;
    world.store.expire_applications(after).await.unwrap();
    assert_eq!(slow.await.unwrap(), "extended");
    assert_eq!(world.state(own.id).await, ("applied".to_owned(), until));
    assert_eq!(world.promotion_usage(promo).await, (1, 100));
    world.store.expire_applications(until).await.unwrap();
    assert_eq!(world.promotion_usage(promo).await, (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn extension_comes_before_the_purchase_or_is_refused() {
    let world = World::connected(16).await;
    let tariff = world.tariff().await;
    let promo = world.promo(100, Limits::default()).await;
    let mut tasks = JoinSet::new();
    for user in world.users(16).await {
        let own = world.applied(user, promo, tariff).await;
        let world = world.clone();
        tasks.spawn(async move {
            let now = world::now();
            let until = own.expires_at + MINUTE;
            let (bought, extended) = tokio::join!(
                world.store.open_purchase(&own, None, now, &OsRandom),
                async {
                    let (reason, by) = (reason(), change(now));
                    world
                        .store
                        .extend_application(own.id, until, &reason, by)
                        .await
                },
            );
            let bought = bought.unwrap();
            assert!(matches!(bought, OpenPurchaseOutcome::Opened(_)));
            let (state, expires_at) = world.state(own.id).await;
            assert_eq!(state, "paying");
            match extended {
                Ok(()) => assert_eq!(expires_at, until),
                Err(ApplicationChangeError::Paying) => assert!(expires_at < until),
                Err(other) => panic!("{other:?}"),
            }
        });
    }
    tasks.join_all().await;
    world.adds_up(&[promo]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn use_is_released_once_whoever_cancels() {
    let world = World::connected(16).await;
    let tariff = world.tariff().await;
    let promo = world.promo(100, Limits::default()).await;
    for user in world.users(8).await {
        let own = world.applied(user, promo, tariff).await;
        let mut tasks = JoinSet::new();
        for nth in 0..8 {
            let (world, id) = (world.clone(), own.id);
            tasks.spawn(async move {
                let now = world::now();
                if nth == 0 {
                    let ask = world::ask(user, promo, tariff);
                    let cancelled = world.store.cancel(user, &ask.promo, None, now).await;
                    assert!(matches!(
                        cancelled.unwrap(),
                        Cancelled::Done(_) | Cancelled::NotApplied
                    ));
                } else {
                    let (reason, by) = (reason(), change(now));
                    let cancelled = world.store.cancel_for_user(id, &reason, by).await;
                    assert!(matches!(
                        cancelled,
                        Ok(()) | Err(ApplicationChangeError::Cancelled)
                    ));
                }
            });
        }
        tasks.join_all().await;
        assert_eq!(world.promotion_usage(promo).await, (0, 0));
        assert!(world.logged(own.id).await <= 1);
    }
    world.adds_up(&[promo]).await;
}

#[tokio::test]
async fn what_staff_left_unused_is_not_held_against_the_user() {
    let world = World::new(1);
    let (user, tariff) = (world.user().await, world.tariff().await);
    let limits = Limits {
        uses: Some(10),
        ..Limits::default()
    };
    let promo = world.promo(100, limits).await;
    for _ in 0..4 {
        let id = match world.apply_by_staff(user, promo, tariff).await {
            ApplyForUserOutcome::Done(id) => id,
            other => panic!("{other:?}"),
        };
        rows::expire_application(&world.pool, id).await;
    }
    world.applied(user, promo, tariff).await;
    world.adds_up(&[promo]).await;
}

#[tokio::test]
async fn late_money_finds_the_waived_limit_still_waived() {
    let world = World::new(1);
    let (user, tariff) = (world.user().await, world.tariff().await);
    let promo = world.promo(100, Limits::default()).await;
    let store = &world.store;
    let buy = async |application: &Application, reference: &str| {
        let now = world::now();
        let opened = store.open_purchase(application, None, now, &OsRandom).await;
        let OpenPurchaseOutcome::Opened(purchase) = opened.unwrap() else {
            panic!("it can be bought");
        };
        let failure = PaymentFailure::Expired;
        let failed = store.fail_purchase(purchase.id, Some(reference), failure, now);
        assert_eq!(failed.await.unwrap(), Settled::Now);
        let paid = store.complete_purchase(purchase.id, reference, purchase.total, now, &OsRandom);
        paid.await.unwrap()
    };
    let own = world.applied(user, promo, tariff).await;
    assert_eq!(buy(&own, "first").await, Settled::Late { kept: true });

    let limit = [RuleCode::UserLimitReached];
    let outcome = world.apply_waiving(user, promo, tariff, &limit).await;
    assert!(matches!(outcome, ApplyForUserOutcome::Done(_)));
    let ApplyOutcome::AppliedBefore(second) = world.apply(user, promo, tariff).await else {
        panic!("the user has it");
    };
    assert_eq!(buy(&second, "second").await, Settled::Late { kept: true });
    assert_eq!(world.promotion_usage(promo).await, (2, 200));
    world.adds_up(&[promo]).await;
}
