//! Members of staff, and what they know from their work: they don't use it, in no account of theirs.

use domain::{Decision, Quote, Random, RuleCode, RuleValue, UserStatus};
use events::UserStatusChanged;
use jiff::{SignedDuration, Timestamp};
use loyalty_store::{Explanation, Loaded, LoadedFacts, OpenPurchaseOutcome};
use pg::{AdHoc, Param, Type};
use redemption::ApplyOutcome;
use runtime::OsRandom;
use testkit::scratch;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::world::{self, Limits, World, event, now};

const CODE: &str = "promo_code";
const PROMOTION: &str = "promotion";

impl World {
    /// Records that a member of staff has looked up a promo code, or its whole promotion.
    async fn look_up_at(&self, actor: Uuid, resource: &str, code: i64, at: Timestamp) {
        let sql = "SELECT record_staff_change(
                p_staff => ROW($1, $2, NULL, NULL)::staff_request, p_resource => $3,
                p_resource_id => (CASE $3 WHEN 'promotion' THEN c.promotion_id ELSE c.id END)::text,
                p_action => 'look_up', p_details => '{}'
            )::text FROM promo_codes c WHERE c.id = $4";
        let params: [Param; 4] = [
            (&actor, Type::UUID),
            (&at, Type::TIMESTAMPTZ),
            (&resource, Type::TEXT),
            (&code, Type::INT8),
        ];
        assert_eq!(self.pool.rows(sql, &params).await.unwrap().len(), 1);
    }

    async fn look_up(&self, actor: Uuid, resource: &str, code: i64) {
        self.look_up_at(actor, resource, code, now()).await;
    }

    /// Another account of the person whose first account this is.
    async fn another_account(&self, first: Uuid) -> Uuid {
        let registered = UserStatusChanged {
            first_account_id: Some(first),
            ..event(OsRandom.uuid(), 1, UserStatus::Active)
        };
        self.apply_event(&registered).await;
        registered.user_id
    }

    /// The reasons for which the user may not use the code.
    async fn reasons(&self, user: Uuid, code: i64, tariff: i64) -> Vec<RuleCode> {
        let loaded = self.loaded(user, code, tariff).await;
        let decision = Decision::of(&loaded.facts);
        decision.refusals().map(|outcome| outcome.rule).collect()
    }

    async fn loaded(&self, user: Uuid, code: i64, tariff: i64) -> Box<Loaded> {
        let ask = world::ask(user, code, tariff);
        match self.store.load_facts(&ask, now()).await.unwrap() {
            LoadedFacts::Facts(loaded) => loaded,
            other => panic!("{other:?}"),
        }
    }
}

fn quote(loaded: &Loaded) -> Quote {
    loaded.facts.quote().unwrap()
}

#[tokio::test]
async fn insider_is_refused_in_every_account_and_others_are_not() {
    let world = World::new(2);
    let (first, stranger) = (world.user().await, world.user().await);
    let (code, tariff) = (
        world.promo(100, Limits::default()).await,
        world.tariff().await,
    );
    let sibling = world.another_code(code).await;
    let (second, third) = (
        world.another_account(first).await,
        world.another_account(first).await,
    );
    world.look_up(second, CODE, code).await;
    for account in [first, second, third] {
        assert_eq!(
            world.reasons(account, code, tariff).await,
            [RuleCode::ConflictOfInterest]
        );
        assert_eq!(world.reasons(account, sibling, tariff).await, []);
    }
    assert_eq!(world.reasons(stranger, code, tariff).await, []);
    // Who knows the promotion knows all its codes.
    world.look_up(first, PROMOTION, code).await;
    let later = world.another_code(code).await;
    for code in [sibling, later] {
        assert_eq!(
            world.reasons(third, code, tariff).await,
            [RuleCode::ConflictOfInterest]
        );
    }
    assert_eq!(world.promotion_usage(code).await, (0, 0));
}

#[tokio::test]
async fn account_is_linked_to_its_person_after_it_was_an_insider() {
    let world = World::new(2);
    let (first, other) = (world.user().await, OsRandom.uuid());
    let (code, tariff) = (
        world.promo(100, Limits::default()).await,
        world.tariff().await,
    );
    // The event of the registration is late.
    world.look_up(other, CODE, code).await;
    assert_eq!(world.reasons(first, code, tariff).await, []);
    let registered = UserStatusChanged {
        first_account_id: Some(first),
        ..event(other, 1, UserStatus::Active)
    };
    world.apply_event(&registered).await;
    for account in [first, other] {
        assert_eq!(
            world.reasons(account, code, tariff).await,
            [RuleCode::ConflictOfInterest]
        );
    }
}

#[tokio::test]
async fn time_is_before_or_after_the_first_sight() {
    let world = World::new(2);
    let (user, tariff) = (world.user().await, world.tariff().await);
    let code = world.promo(100, Limits::default()).await;
    let minutes = SignedDuration::from_mins;
    let seen = now() + minutes(20);
    world.look_up_at(user, CODE, code, seen).await;
    for resource in [CODE, PROMOTION] {
        world
            .look_up_at(user, resource, code, seen + minutes(5))
            .await;
    }
    for (at, known) in [
        (seen - minutes(1), None),
        (seen, Some(seen)),
        (seen + minutes(1), Some(seen)),
        (seen + minutes(9), Some(seen)),
        (now(), None),
    ] {
        let ask = world::ask(user, code, tariff);
        let Explanation::Decided { decision, .. } = world.store.explain(&ask, at).await.unwrap()
        else {
            panic!("not decided");
        };
        let outcome = decision.outcomes.iter();
        let mut outcome = outcome.filter(|o| o.rule == RuleCode::ConflictOfInterest);
        let outcome = outcome.next().unwrap();
        assert_eq!(outcome.passed, known.is_none());
        assert_eq!(
            outcome.observed,
            known.map_or(RuleValue::None, RuleValue::Time)
        );
    }
}

#[tokio::test]
async fn known_codes_are_not_listed() {
    // The list has the codes of all tests otherwise.
    let pool = pg::Pool::new(&scratch::loyalty_url().await, 2).unwrap();
    let world = World {
        store: loyalty_store::LoyaltyStore::new(pool.clone()),
        pool,
    };
    let (first, stranger) = (world.user().await, world.user().await);
    let second = world.another_account(first).await;
    world.tariff().await;
    let mut codes = vec![];
    for _ in 0..3 {
        codes.push(world.promo(100, Limits::default()).await);
    }
    let personal = world.another_code(codes[2]).await;
    let sql = "UPDATE promo_codes SET user_id = $1 WHERE id = $2";
    let params: [Param; 2] = [(&second, Type::UUID), (&personal, Type::INT8)];
    world.pool.execute(sql, &params).await.unwrap();
    let sql = "UPDATE promotions SET listed = true";
    world.pool.execute(sql, &[]).await.unwrap();
    let listed = async |user| -> Vec<i64> {
        let page = world.store.list_codes(user, None, 10, now()).await.unwrap();
        page.iter().map(|listed| listed.code.id.0).collect()
    };
    assert_eq!(listed(stranger).await, codes);
    assert_eq!(listed(second).await.len(), 4);
    world.look_up(first, CODE, codes[0]).await;
    world.look_up(first, PROMOTION, codes[2]).await;
    for account in [first, second] {
        assert_eq!(listed(account).await, [codes[1]]);
    }
    assert_eq!(listed(stranger).await, codes);
}

#[tokio::test]
async fn use_is_not_reserved_for_who_looked_the_code_up_since_the_decision() {
    let world = World::new(2);
    let (user, tariff) = (world.user().await, world.tariff().await);
    for resource in [CODE, PROMOTION] {
        let code = world.promo(100, Limits::default()).await;
        let loaded = world.loaded(user, code, tariff).await;
        world.look_up(user, resource, code).await;
        let reserved = world
            .store
            .reserve(&loaded.facts, quote(&loaded), &OsRandom);
        assert!(reserved.await.unwrap().is_none());
        // Also where the facts are assumed.
        let stranger = world.user().await;
        let other = world.apply(stranger, code, tariff).await;
        assert!(matches!(other, ApplyOutcome::Applied(_)), "{other:?}");
        let ApplyOutcome::Refused { decision, .. } = world.apply(user, code, tariff).await else {
            panic!("not refused");
        };
        let refusals: Vec<RuleCode> = decision.refusals().map(|outcome| outcome.rule).collect();
        assert_eq!(refusals, [RuleCode::ConflictOfInterest]);
        assert_eq!(world.promotion_usage(code).await, (1, 100));
        world.adds_up(&[code]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn application_is_made_before_the_code_is_looked_up_or_never() {
    let world = World::connected(16).await;
    let tariff = world.tariff().await;
    let code = world.promo(100, Limits::default()).await;
    let mut people = JoinSet::new();
    for first in world.users(40).await {
        let world = world.clone();
        people.spawn(async move {
            let second = world.another_account(first).await;
            // In whatever order the database takes them.
            let (_, applied) = tokio::join!(
                world.look_up(first, CODE, code),
                world.apply(second, code, tariff)
            );
            // Whoever was first: from now on, nothing more.
            let later = world.apply(first, code, tariff).await;
            let ApplyOutcome::Refused { decision, .. } = later else {
                panic!("{later:?}");
            };
            let mut refusals = decision.refusals().map(|outcome| outcome.rule);
            assert!(refusals.any(|rule| rule == RuleCode::ConflictOfInterest));
            match applied {
                ApplyOutcome::Applied(_) => true,
                ApplyOutcome::Refused { .. } => false,
                other => panic!("{other:?}"),
            }
        });
    }
    let held = people.join_all().await;
    let held = held.into_iter().filter(|held| *held).count();
    let held = i64::try_from(held).unwrap();
    assert_eq!(world.promotion_usage(code).await, (held, held * 100));
    world.adds_up(&[code]).await;
}

#[tokio::test]
async fn hold_from_before_stays_until_it_ends() {
    let world = World::new(2);
    let (user, tariff) = (world.user().await, world.tariff().await);
    let code = world.promo(100, Limits::default()).await;
    let ApplyOutcome::Applied(held) = world.apply(user, code, tariff).await else {
        panic!("not applied");
    };
    world.look_up(user, PROMOTION, code).await;
    let again = world.apply(user, code, tariff).await;
    assert!(matches!(again, ApplyOutcome::AppliedBefore(own) if own.id == held.id));

    // It is not moved to another tariff: that is another application, at another price.
    let other = world.tariff().await;
    let mut ask = world::ask(user, code, other);
    ask.move_held = true;
    let moved = redemption::apply(&world.store, &ask, now(), &OsRandom).await;
    assert!(matches!(moved.unwrap(), ApplyOutcome::Refused { .. }));
    let loaded = world.loaded(user, code, other).await;
    let held_id = loaded.held_id.unwrap();
    let moved = world
        .store
        .move_application(held_id, &loaded.facts, quote(&loaded), &OsRandom);
    assert!(moved.await.unwrap().is_none());

    let opened = world.store.open_purchase(&held, None, now(), &OsRandom);
    let opened = opened.await.unwrap();
    assert!(
        matches!(opened, OpenPurchaseOutcome::Opened(_)),
        "{opened:?}"
    );

    // Once it is released, it does not come back.
    let (user, code) = (
        world.user().await,
        world.promo(100, Limits::default()).await,
    );
    let ApplyOutcome::Applied(held) = world.apply(user, code, tariff).await else {
        panic!("not applied");
    };
    world.look_up(user, CODE, code).await;
    world
        .store
        .release_application(held.id, now())
        .await
        .unwrap();
    let again = world.apply(user, code, tariff).await;
    assert!(matches!(again, ApplyOutcome::Refused { .. }), "{again:?}");
}
