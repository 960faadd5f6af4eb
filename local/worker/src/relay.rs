//! From an outbox to RabbitMQ.

use std::time::Duration;

use events::rabbitmq::{Queue, RabbitConnection, RabbitMq};
use events::{Event, PublishError};
use outbox::{Outbox, RelayError};
use runtime::SystemClock;

use crate::backoff::Backoff;
use crate::health::Link;
use crate::{Stop, Worker, reconnect};

/// The pause between polls of an empty outbox: most of what a change of status waits for.
const IDLE: Duration = Duration::from_millis(100);

/// What goes where.
pub(crate) struct Relay<E: 'static> {
    /// For the log.
    pub name: &'static str,
    pub outbox: Outbox<E>,
    pub queue: Queue,
}

impl<E: Event> Relay<E> {
    /// Relays until it is time to stop.
    pub async fn run(&self, worker: &Worker, link: &Link, mut stop: Stop) {
        let mut backoff = Backoff::new();
        while !stop.is_set() {
            let ended = self.relay(worker, link, &mut stop, &mut backoff).await;
            reconnect::pause(self.name, ended, link, &mut stop, &mut backoff).await;
        }
    }

    /// Relays over one connection. A failure to publish ends it: the next one declares the queue again, too.
    async fn relay(
        &self,
        worker: &Worker,
        link: &Link,
        stop: &mut Stop,
        backoff: &mut Backoff,
    ) -> Result<(), PublishError> {
        let connection = RabbitConnection::connect(&worker.amqp_url, self.queue.clone()).await?;
        let publisher: RabbitMq = connection.publisher().await?;
        link.set(true);
        while !stop.is_set() {
            match outbox::relay_batch(&self.outbox, &publisher, &SystemClock).await {
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
                    let name = self.name;
                    tracing::warn!(%error, "the {name} can't use its outbox; trying again");
                    stop.sleep(backoff.pause()).await;
                }
            }
        }
        connection.close().await;
        Ok(())
    }
}
