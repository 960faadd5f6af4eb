//! What staff do, for tests of something else.

use domain::Reason;
use jiff::Timestamp;
use loyalty_store::{Change, LoyaltyStore, RefundOrder, RefundOutcome};
use runtime::OsRandom;
use uuid::Uuid;

/// Orders a refund of a purchase, in part or of all that is left, as a member of staff would.
pub async fn order_refund(
    store: &LoyaltyStore,
    purchase_id: Uuid,
    amount_minor: Option<i64>,
    at: Timestamp,
) -> RefundOutcome {
    let order = RefundOrder {
        purchase_id,
        amount_minor,
        key: None,
        reason: &reason("Paid twice"),
        limit: None,
    };
    let ordered = store.order_refund(order, by_staff(at), &OsRandom);
    ordered.await.unwrap()
}

/// A change by a member of staff, without an Idempotency-Key.
pub fn by_staff(at: Timestamp) -> Change {
    Change {
        actor_id: Uuid::from_u128(1),
        at,
        request: None,
    }
}

/// A reason.
pub fn reason(text: &str) -> Reason {
    Reason::parse(text).unwrap()
}
