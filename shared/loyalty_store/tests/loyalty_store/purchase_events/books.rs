//! The retention of events, and the audit, which finds missing ones.

use std::time::Duration;

use jiff::SignedDuration;

use crate::world::now;

use crate::purchase_events::shop::Shop;

#[tokio::test]
async fn audit_finds_missing_events() {
    let shop = Shop::new().await;
    shop.buy().await;
    shop.sql("ALTER TABLE purchases DISABLE TRIGGER purchases_emit_event")
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

    shop.sql("ALTER TABLE refunds DISABLE TRIGGER refunds_emit_event")
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
async fn published_event_is_purged_after_thirty_days() {
    let shop = Shop::new().await;
    let store = &shop.world.store;
    shop.buy().await;
    assert_eq!(shop.events().await.len(), 1);
    shop.buy().await;
    let month = SignedDuration::from_hours(30 * 24);
    let soon = now() + month - Duration::from_secs(60);
    assert_eq!(store.purge_published_events(soon).await.unwrap(), 0);
    let later = now() + month + Duration::from_secs(60);
    // The second is not published: it stays, however old.
    assert_eq!(store.purge_published_events(later).await.unwrap(), 1);
    assert_eq!(shop.contradictions().await, [""; 0]);
    let events = shop.events().await;
    assert_eq!((events.len(), events[0].sequence), (1, 2));
    assert_eq!(store.purge_published_events(later).await.unwrap(), 1);
    // The next event continues the sequence, and the audit still knows how many there were.
    shop.buy().await;
    assert_eq!(shop.events().await[0].sequence, 3);
    assert_eq!(shop.contradictions().await, [""; 0]);
}
