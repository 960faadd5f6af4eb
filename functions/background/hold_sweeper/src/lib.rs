//! On a schedule: releases expired applications, polls payments and refunds without a webhook,
//! and forgets what is old in the loyalty database.

use std::time::Duration;

use checkout::{Checkout, CheckoutError};
use domain::Clock;
use payments::PaymentId;
use pg::PgError;
use tokio::time::{Instant, sleep};

/// How many payments are read at one go.
const PAYMENTS: i64 = 50;
/// Between two sweeps of one run.
const PAUSE: Duration = Duration::from_secs(2);

/// What a run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Applications released.
    pub expired: usize,
    /// Payments polled.
    pub payments: usize,
    /// Refunds polled.
    pub refunds: usize,
}

/// Releases all expired applications.
///
/// # Errors
/// Any [`PgError`]; what was released before stays released.
pub async fn expire_applications(checkout: &Checkout, clock: &dyn Clock) -> Result<usize, PgError> {
    let mut expired = 0;
    loop {
        match checkout.store().expire_applications(clock.now()).await? {
            0 => return Ok(expired),
            some => expired += some,
        }
    }
}

/// Polls the provider for overdue payments: webhooks get lost, and a crash may have come between a purchase
/// and its payment.
///
/// # Errors
/// Any [`PgError`]. What the provider does not answer now is polled at the next sweep.
pub async fn resolve_payments(checkout: &Checkout, clock: &dyn Clock) -> Result<usize, PgError> {
    let pending = checkout
        .store()
        .take_due_purchases(clock.now(), PAYMENTS)
        .await?;
    let count = pending.len();
    for purchase in pending {
        let purchase_id = purchase.id;
        let payment_id: Option<PaymentId> = purchase
            .payment_id
            .as_deref()
            .and_then(|id| id.parse().ok());
        let resolved = match payment_id {
            Some(id) => checkout.settle_by_reading(&id).await,
            None => checkout.start_payment(purchase).await.map(drop),
        };
        match resolved {
            Ok(()) => {}
            Err(CheckoutError::Database(error)) => return Err(error),
            Err(error) => tracing::warn!(%purchase_id, %error, "a payment is still open"),
        }
    }
    Ok(count)
}

/// Polls the provider for refunds whose outcome is unknown.
///
/// # Errors
/// Any [`PgError`]. What the provider does not answer now is polled at a later sweep.
pub async fn resolve_refunds(checkout: &Checkout, clock: &dyn Clock) -> Result<usize, PgError> {
    let pending = checkout
        .store()
        .take_due_refunds(clock.now(), PAYMENTS)
        .await?;
    let count = pending.len();
    for refund in pending {
        let refund_id = refund.id;
        match checkout.advance_refund(refund).await {
            Ok(_) => {}
            Err(CheckoutError::Database(error)) => return Err(error),
            Err(error) => tracing::warn!(%refund_id, %error, "a refund is still open"),
        }
    }
    Ok(count)
}

/// Makes room for the decisions of the months to come, and forgets what has been kept long enough: the oldest
/// decisions, events of purchases that were published, requests of staff, and approvals (docs/data-retention.md).
///
/// # Errors
/// Any [`PgError`].
pub async fn forget_old(checkout: &Checkout, clock: &dyn Clock) -> Result<(), PgError> {
    let (store, now) = (checkout.store(), clock.now());
    store.maintain_decision_partitions(now).await?;
    store.purge_published_events(now).await?;
    store.maintain_approvals(now).await?;
    store.purge_staff_requests(now).await.map(drop)
}

/// Sweeps for `period`, so that an expired application is released within seconds between two runs of a schedule. A
/// slow payment provider keeps no expired application waiting.
///
/// # Errors
/// The failure of the last attempt of either kind, if it failed; earlier ones are logged.
pub async fn sweep_for(
    period: Duration,
    checkout: &Checkout,
    clock: &dyn Clock,
) -> Result<Swept, PgError> {
    let end = Instant::now() + period;
    forget_old(checkout, clock).await?;
    let (expired, payments, refunds) = tokio::join!(
        repeat_until(end, async || expire_applications(checkout, clock).await),
        repeat_until(end, async || resolve_payments(checkout, clock).await),
        repeat_until(end, async || resolve_refunds(checkout, clock).await),
    );
    Ok(Swept {
        expired: expired?,
        payments: payments?,
        refunds: refunds?,
    })
}

async fn repeat_until(
    end: Instant,
    sweep: impl AsyncFn() -> Result<usize, PgError>,
) -> Result<usize, PgError> {
    let mut total = 0;
    loop {
        let result = sweep().await;
        total += result.as_ref().copied().unwrap_or_default();
        if Instant::now() + PAUSE >= end {
            return result.map(|_| total);
        }
        if let Err(error) = result {
            tracing::warn!(%error, "not swept; trying again");
        }
        sleep(PAUSE).await;
    }
}
