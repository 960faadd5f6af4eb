//! From the outbox to RabbitMQ.

use std::time::Duration;

use events::PublishError;
use events::rabbitmq::{RabbitConnection, RabbitMq};
use outbox::RelayError;
use runtime::SystemClock;

use crate::backoff::Backoff;
use crate::health::Link;
use crate::{Stop, Worker, reconnect};

/// Between two looks into an empty outbox: most of what a change of status waits for.
const IDLE: Duration = Duration::from_millis(100);

/// Relays until it is time to stop.
pub(crate) async fn run(worker: &Worker, link: &Link, stop: Stop) {
    reconnect::run("relay", worker, link, stop, relay).await;
}

/// Relays over one connection. A failure to publish ends it: the next one declares the queue again, too.
async fn relay(
    worker: &Worker,
    link: &Link,
    stop: &mut Stop,
    backoff: &mut Backoff,
) -> Result<(), PublishError> {
    let connection = RabbitConnection::connect(&worker.amqp_url, &worker.queue).await?;
    let publisher: RabbitMq = connection.publisher().await?;
    let outbox = worker.auth.outbox();
    link.set(true);
    while !stop.is_set() {
        match outbox::relay_batch(&outbox, &publisher, &SystemClock).await {
            Ok(0) => {
                if !connection.is_connected() {
                    return Err(PublishError::Unavailable(
                        "the connection is gone".to_owned(),
                    ));
                }
                backoff.reset();
                stop.sleep(IDLE).await;
            }
            Ok(_) => backoff.reset(),
            Err(RelayError::Publish(error)) => return Err(error),
            Err(RelayError::Store(error)) => {
                tracing::warn!(%error, "the outbox can't be read or written; trying again");
                stop.sleep(backoff.pause()).await;
            }
        }
    }
    connection.close().await;
    Ok(())
}
