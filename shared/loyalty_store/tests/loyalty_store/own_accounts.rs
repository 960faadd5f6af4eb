//! Nobody of the staff acts for themselves: neither for the account they act with, nor for another of the same person.

use domain::{GiftLength, Random, TariffId, UserStatus, Waivers};
use events::UserStatusChanged;
use jiff::SignedDuration;
use loyalty_store::{
    ApplicationChangeError, Change, EndOutcome, ForUser, Gift, GiftOutcome, RefundOrder,
    RefundOutcome, ReservedForUser, Revocation,
};
use pg::AdHoc;
use redemption::{ApplyForUserOutcome, ApplyOutcome};
use runtime::OsRandom;
use testkit::staff::{by_staff, reason};
use uuid::Uuid;

use crate::purchase_events::shop::Shop;
use crate::world::{self, Limits, event, now};

/// The accounts of the buyer: the first, the one that has bought, and a third, which is not known to the loyalty side as
/// long as its event has not arrived.
async fn accounts(shop: &Shop) -> [Uuid; 3] {
    let first = OsRandom.uuid();
    let linked = |user_id, version| UserStatusChanged {
        first_account_id: Some(first),
        ..event(user_id, version, UserStatus::Active)
    };
    let third = OsRandom.uuid();
    for event in [
        event(first, 1, UserStatus::Active),
        event(first, 2, UserStatus::Deleted),
        linked(shop.user, 2),
        linked(third, 1),
    ] {
        shop.world.apply_event(&event).await;
    }
    [first, shop.user, third]
}

fn by(actor_id: Uuid) -> Change {
    Change {
        actor_id,
        ..by_staff(now())
    }
}

async fn refund(shop: &Shop, purchase_id: Uuid, actor: Uuid) -> RefundOutcome {
    let order = RefundOrder {
        purchase_id,
        amount_minor: Some(1),
        key: None,
        reason: &reason("Mine"),
        limit: None,
    };
    let ordered = shop.world.store.order_refund(order, by(actor), &OsRandom);
    ordered.await.unwrap()
}

#[tokio::test]
async fn staff_change_nothing_of_their_own_in_any_account() {
    let shop = Shop::new().await;
    let (store, tariff) = (&shop.world.store, TariffId(shop.tariff));
    let bought = shop.buy().await;
    let code = shop.world.promo(100, Limits::default()).await;
    let ApplyOutcome::Applied(held) = shop.world.apply(shop.user, code, shop.tariff).await else {
        panic!("not applied");
    };
    let mine = reason("Mine");
    let accounts = accounts(&shop).await;
    let count = async |table: &str| {
        let sql = format!("SELECT count(*) FROM {table}");
        shop.world.number(&sql, &[]).await
    };
    let before = count("staff_changes").await;
    for actor in accounts {
        let gift = Gift {
            user_id: shop.user,
            tariff,
            length: GiftLength::Days(7),
            reason: &mine,
        };
        let given = store.give_subscription(gift, by(actor), &OsRandom).await;
        assert_eq!(given.unwrap(), GiftOutcome::OwnAccount);
        let ended = store.end_subscription(shop.user, tariff, &mine, by(actor), &OsRandom);
        assert_eq!(ended.await.unwrap(), EndOutcome::OwnAccount);
        let revoked = store.revoke_purchase(bought.id, &mine, by(actor), &OsRandom);
        assert!(matches!(revoked.await.unwrap(), Revocation::OwnAccount));
        let refund = refund(&shop, bought.id, actor).await;
        assert!(matches!(refund, RefundOutcome::OwnAccount), "{refund:?}");
        let cancelled = store.cancel_for_user(held.id, &mine, by(actor)).await;
        assert!(matches!(cancelled, Err(ApplicationChangeError::OwnAccount)));
        let until = now() + SignedDuration::from_hours(24);
        let extended = store.extend_application(held.id, until, &mine, by(actor));
        let extended = extended.await;
        assert!(matches!(extended, Err(ApplicationChangeError::OwnAccount)));
    }
    assert_eq!(count("staff_changes").await, before);
    assert_eq!(count("refunds").await, 0);

    // A colleague may.
    let colleague = by_staff(now()).actor_id;
    let ordered = refund(&shop, bought.id, colleague).await;
    assert!(matches!(ordered, RefundOutcome::Refund(_)), "{ordered:?}");
    store
        .cancel_for_user(held.id, &mine, by(colleague))
        .await
        .unwrap();
}

#[tokio::test]
async fn staff_do_not_apply_for_another_account_of_theirs() {
    let shop = Shop::new().await;
    let store = &shop.world.store;
    let code = shop.world.promo(100, Limits::default()).await;
    let ask = world::ask(shop.user, code, shop.tariff);
    let decided = shop.world.apply(shop.world.user().await, code, shop.tariff);
    assert!(matches!(decided.await, ApplyOutcome::Applied(_)));
    let facts = store.assume_facts(&ask, now()).unwrap();
    let (decision, quote) = (domain::Decision::of(&facts), facts.quote().unwrap());
    for actor in accounts(&shop).await {
        let by = ForUser {
            change: by(actor),
            reason: reason("Mine"),
            waivers: Waivers::default(),
            hold_minutes: None,
            with_purchase: false,
        };
        let applied = redemption::apply_for_user(store, &ask, &by, now(), &OsRandom).await;
        let applied = applied.unwrap();
        assert!(
            matches!(applied, ApplyForUserOutcome::OwnAccount),
            "{applied:?}"
        );
        // Nor does the statement, whatever was looked at before.
        let reserved = store.reserve_for_user(&facts, &decision, quote, &by, &OsRandom);
        assert_eq!(reserved.await.unwrap(), ReservedForUser::OwnAccount);
    }
    assert_eq!(shop.world.promotion_usage(code).await, (1, 100));
    let refusals = "SELECT count(*) FROM refusals";
    let stored = shop.world.pool.row(refusals, &[]).await.unwrap().unwrap();
    assert_eq!(stored.get::<_, i64>(0), 0, "not even a decision");
}
