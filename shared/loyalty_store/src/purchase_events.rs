//! Purchase events. The database itself writes them, with the change: docs/adr/0017-purchase-events.md.

use domain::{PromoCodeId, TariffId};
use events::{Period, PurchaseEvent, Refunded};
use jiff::{SignedDuration, Timestamp};
use outbox::{Gauge, Layout, Outbox};
use pg::{PgError, Row};

use crate::LoyaltyStore;
use crate::rows::{get, money};

/// How long a published event is kept: docs/data-retention.md.
const RETENTION: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Rows that one statement removes at most: some milliseconds, which nobody waits for.
const BATCH: u16 = 1000;

pg::statements! {
    /// [`Layout::claim`].
    CLAIM(INT8, TIMESTAMPTZ, TIMESTAMPTZ) = outbox::claim_sql!(
        order = "sequence",
        columns = "event_id, user_id, sequence, purchase_id, tariff_id, code_id, price_minor, total_minor,
            currency::text AS currency, starts_at, ends_at, paid_until, refund_minor, refunded_minor, revoked, occurred_at",
    );
}

static LAYOUT: Layout<PurchaseEvent> = Layout {
    claim: &CLAIM,
    event,
    depth: Gauge {
        name: "purchase_outbox_depth",
        help: "Events of purchases that are not published.",
    },
    age: Gauge {
        name: "purchase_outbox_age_seconds",
        help: "Age of the oldest event of a purchase that is not published; 0 without any.",
    },
};

impl LoyaltyStore {
    /// The outbox of events of purchases.
    pub fn outbox(&self) -> Outbox<PurchaseEvent> {
        Outbox::new(self.pool.clone(), &LAYOUT)
    }

    /// Removes the events that were published 30 days ago, and returns how many.
    ///
    /// # Errors
    /// Any [`PgError`]; what was removed before stays so.
    pub async fn purge_published_events(&self, now: Timestamp) -> Result<u64, PgError> {
        let (outbox, mut total) = (self.outbox(), 0);
        loop {
            let removed = outbox
                .remove_published(now - RETENTION, BATCH.into())
                .await?;
            total += removed;
            if removed < BATCH.into() {
                return Ok(total);
            }
        }
    }
}

fn event(row: &Row) -> Result<PurchaseEvent, PgError> {
    let currency = get(row, "currency")?;
    let total = money(get(row, "total_minor")?, currency)?;
    let refund = match Option::zip(get(row, "refund_minor")?, get(row, "refunded_minor")?) {
        None => None,
        Some((refund, refunded)) => Some(Refunded {
            refund: money(refund, currency)?,
            refunded: money(refunded, currency)?,
            fully_refunded: refunded >= total.minor(),
        }),
    };
    Ok(PurchaseEvent {
        event_id: get(row, "event_id")?,
        user_id: get(row, "user_id")?,
        sequence: get(row, "sequence")?,
        purchase_id: get(row, "purchase_id")?,
        tariff: TariffId(get(row, "tariff_id")?),
        promocode_id: get::<Option<i64>>(row, "code_id")?.map(PromoCodeId),
        price: money(get(row, "price_minor")?, currency)?,
        total,
        subscription: Period {
            starts_at: get(row, "starts_at")?,
            ends_at: get(row, "ends_at")?,
        },
        paid_until: get(row, "paid_until")?,
        refund,
        revoked: get(row, "revoked")?,
        occurred_at: get(row, "occurred_at")?,
    })
}
