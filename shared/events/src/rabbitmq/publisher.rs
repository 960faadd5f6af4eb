//! Publishing with confirms.

use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{BasicProperties, Channel, Confirmation, Connection, PublisherConfirm};
use tokio::time::Instant;

use super::{TIMEOUT, by};
use crate::{Event, PublishError, Publisher};

/// The delivery mode that survives a restart of the broker.
const PERSISTENT: u8 = 2;

/// A publisher to one RabbitMQ queue.
pub struct RabbitMq {
    channel: Channel,
    queue: String,
}

impl RabbitMq {
    pub(super) async fn open(connection: &Connection, queue: &str) -> lapin::Result<RabbitMq> {
        let channel = connection.create_channel().await?;
        channel
            .confirm_select(ConfirmSelectOptions::default())
            .await?;
        Ok(RabbitMq {
            channel,
            queue: queue.to_owned(),
        })
    }

    async fn send(&self, event: &impl Event) -> lapin::Result<PublisherConfirm> {
        let properties = BasicProperties::default()
            .with_content_type("application/json".into())
            .with_message_id(event.id().to_string().into());
        let body = event.message();
        send(&self.channel, &self.queue, properties, body.as_bytes()).await
    }
}

/// Sends a message that survives a restart of the broker, and that has to find its queue.
pub(super) async fn send(
    channel: &Channel,
    queue: &str,
    properties: BasicProperties,
    body: &[u8],
) -> lapin::Result<PublisherConfirm> {
    let options = BasicPublishOptions {
        mandatory: true,
        ..BasicPublishOptions::default()
    };
    let properties = properties.with_delivery_mode(PERSISTENT);
    channel
        .basic_publish("".into(), queue.into(), options, body, properties)
        .await
}

impl Publisher for RabbitMq {
    async fn publish<E: Event>(&self, events: &[E]) -> Vec<Result<(), PublishError>> {
        // One limit for all of them: a broker that is short of memory or disk stops reading and says nothing.
        let deadline = Instant::now() + TIMEOUT;
        // All are sent before the first confirmation is waited for.
        let mut sent = Vec::with_capacity(events.len());
        for event in events {
            sent.push(by(deadline, self.send(event)).await);
        }
        let mut results = Vec::with_capacity(events.len());
        for confirm in sent {
            results.push(match confirm {
                Ok(confirm) => by(deadline, confirm).await.and_then(outcome),
                Err(error) => Err(error),
            });
        }
        results
    }
}

/// RabbitMQ acknowledges a message without a queue too, after returning it.
pub(super) fn outcome(confirmation: Confirmation) -> Result<(), PublishError> {
    match confirmation {
        Confirmation::Ack(None) => Ok(()),
        Confirmation::Ack(Some(_)) | Confirmation::Nack(Some(_)) => Err(PublishError::Unroutable),
        Confirmation::Nack(None) => Err(PublishError::Refused("negative confirm".to_owned())),
        Confirmation::NotRequested => Err(PublishError::Refused("no confirm".to_owned())),
    }
}
