//! From RabbitMQ to the loyalty database.

use std::time::Duration;

use events::PublishError;
use events::rabbitmq::{Delivery, RabbitConnection};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use pg::PgError;
use runtime::SystemClock;
use user_status_sync::SyncError;

use crate::backoff::Backoff;
use crate::health::Link;
use crate::{Stop, Worker, reconnect};

/// Messages that the broker hands out before the first of them is finished.
const PREFETCH: u16 = 32;
/// Before a message goes back that the database refused: the broker counts how often, so not at full speed.
const AFTER_REFUSAL: Duration = Duration::from_secs(1);

/// Consumes until it is time to stop.
pub(crate) async fn run(worker: &Worker, link: &Link, mut stop: Stop) {
    let mut backoff = Backoff::new();
    while !stop.is_set() {
        let ended = consume(worker, link, &mut stop, &mut backoff).await;
        reconnect::pause("consumer", ended, link, &mut stop, &mut backoff).await;
    }
}

/// Consumes over one connection.
async fn consume(
    worker: &Worker,
    link: &Link,
    stop: &mut Stop,
    backoff: &mut Backoff,
) -> Result<(), PublishError> {
    let connection = RabbitConnection::connect(&worker.amqp_url, &worker.queue).await?;
    let mut consumer = connection.consumer(PREFETCH).await?;
    link.set(true);
    backoff.reset();
    // All that the broker hands out at once, since a commit each, one after another, is slow. The order doesn't matter.
    let mut under_way = FuturesUnordered::new();
    loop {
        tokio::select! {
            biased;
            () = stop.wait() => break,
            Some(done) = under_way.next() => done?,
            delivery = consumer.next() => under_way.push(take_in(worker, delivery?, stop.clone())),
        }
    }
    while let Some(done) = under_way.next().await {
        done?;
    }
    connection.close().await;
    Ok(())
}

/// Processes one message; it is acknowledged after the commit.
async fn take_in(worker: &Worker, delivery: Delivery, mut stop: Stop) -> Result<(), PublishError> {
    let mut backoff = Backoff::new();
    let mut waits = false;
    loop {
        match user_status_sync::handle(&worker.loyalty, &SystemClock, delivery.body()).await {
            Ok(_) => return delivery.ack().await,
            Err(SyncError::Malformed(error)) => {
                tracing::error!(%error, "a message goes to the dead letters");
                return delivery.dead_letter(&error.to_string()).await;
            }
            // The message is kept in hand: sent back, it would use up its delivery limit within seconds of an outage
            // that is no fault of its own.
            Err(SyncError::Store(PgError::Unavailable(error))) => {
                if !waits {
                    tracing::warn!(%error, "the loyalty database is unavailable; a message waits for it");
                    waits = true;
                }
                stop.sleep(backoff.pause()).await;
            }
            Err(SyncError::Store(error)) => {
                if delivery.is_last_try() {
                    tracing::error!(%error, "a message was refused too often and goes to the dead letters");
                    return delivery.dead_letter(&error.to_string()).await;
                }
                tracing::error!(%error, "a message was not handled; it goes back to the queue");
                stop.sleep(AFTER_REFUSAL).await;
                return delivery.requeue().await;
            }
        }
        if stop.is_set() {
            return delivery.requeue().await;
        }
    }
}
