//! What is kept of events, and that the audit misses none.

use std::time::Duration;

use jiff::SignedDuration;

use crate::shop::Shop;
use crate::world::now;

const MIGRATION: &str = include_str!("../../../../migrations/loyalty/V12__purchase_events.sql");

#[tokio::test]
async fn the_audit_finds_what_was_not_told() {
    let shop = Shop::new().await;
    shop.buy().await;
    shop.sql("ALTER TABLE purchases DISABLE TRIGGER purchases_are_told")
        .await;
    let purchase = shop.buy().await;
    let user = shop.user;
    let found = shop.contradictions().await;
    assert_eq!(
        found,
        [format!(
            "user {user} has 1 events, not 2 for all purchases that are paid and refunds of them"
        )]
    );
    shop.sql("UPDATE purchase_event_counts SET last = 2").await;
    let found = shop.contradictions().await;
    assert_eq!(
        found,
        [format!(
            "user {user} has 2 events; of the events 1 to 1 there are 1"
        )]
    );

    shop.sql("ALTER TABLE refunds DISABLE TRIGGER refunds_are_told")
        .await;
    shop.refund(&purchase, None).await;
    shop.sql("DELETE FROM outbox").await;
    let found = shop.contradictions().await;
    assert_eq!(
        found,
        [format!(
            "user {user} has 2 events, not 3 for all purchases that are paid and refunds of them"
        )]
    );
}

#[tokio::test]
async fn what_was_bought_before_there_were_events_is_counted_and_not_told() {
    let shop = Shop::new().await;
    shop.sql("ALTER TABLE purchases DISABLE TRIGGER purchases_are_told")
        .await;
    shop.sql("ALTER TABLE refunds DISABLE TRIGGER refunds_are_told")
        .await;
    let (early, _) = (shop.buy().await, shop.buy().await);
    shop.refund(&early, None).await;
    let never_paid = shop.order().await;
    shop.decline(&never_paid).await;
    shop.sql("ALTER TABLE purchases ENABLE TRIGGER purchases_are_told")
        .await;
    let (_, counting) = MIGRATION.trim_end().rsplit_once("\n\n").unwrap();
    shop.sql(counting.trim_end_matches(';')).await;
    assert_eq!(shop.contradictions().await, [""; 0]);

    shop.buy().await;
    let told = shop.told().await;
    let sequences: Vec<_> = told.iter().map(|event| event.sequence).collect();
    assert_eq!(sequences, [4]);
    assert_eq!(shop.contradictions().await, [""; 0]);
}

#[tokio::test]
async fn a_published_event_is_forgotten_after_thirty_days() {
    let shop = Shop::new().await;
    let store = &shop.world.store;
    shop.buy().await;
    assert_eq!(shop.told().await.len(), 1);
    shop.buy().await;
    let month = SignedDuration::from_hours(30 * 24);
    let soon = now() + month - Duration::from_secs(60);
    assert_eq!(store.forget_events(soon).await.unwrap(), 0);
    let later = now() + month + Duration::from_secs(60);
    // The second is not published: it stays, however old.
    assert_eq!(store.forget_events(later).await.unwrap(), 1);
    assert_eq!(shop.contradictions().await, [""; 0]);
    let told = shop.told().await;
    assert_eq!((told.len(), told[0].sequence), (1, 2));
    assert_eq!(store.forget_events(later).await.unwrap(), 1);
    // The next one goes on counting, and the audit still knows how many there were.
    shop.buy().await;
    assert_eq!(shop.told().await[0].sequence, 3);
    assert_eq!(shop.contradictions().await, [""; 0]);
}
