//! Consuming with manual acknowledgement.

use futures_util::StreamExt;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicNackOptions, BasicQosOptions, ConfirmSelectOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, Connection, message};

use super::dead_letters::dead_letter;
use super::topology::delivery_limit;
use super::{in_time, unavailable};
use crate::PublishError;

/// A consumer of one queue.
pub struct Consumer {
    consumer: lapin::Consumer,
    channel: Channel,
    queue: String,
}

impl Consumer {
    pub(super) async fn open(
        connection: &Connection,
        queue: &str,
        prefetch: u16,
    ) -> lapin::Result<Consumer> {
        let channel = connection.create_channel().await?;
        channel
            .basic_qos(prefetch, BasicQosOptions::default())
            .await?;
        // For dead letters.
        channel
            .confirm_select(ConfirmSelectOptions::default())
            .await?;
        // An empty tag: the broker gives one.
        let options = BasicConsumeOptions::default();
        let consumer = channel
            .basic_consume(queue.into(), "".into(), options, FieldTable::default())
            .await?;
        let queue = queue.to_owned();
        Ok(Consumer {
            consumer,
            channel,
            queue,
        })
    }

    /// The next message. Dropping the wait loses nothing.
    ///
    /// # Errors
    /// When the connection is gone, or the queue.
    pub async fn next(&mut self) -> Result<Delivery, PublishError> {
        let Some(message) = self.consumer.next().await else {
            return Err(PublishError::Unavailable("the queue is gone".to_owned()));
        };
        Ok(Delivery {
            message: message.map_err(unavailable)?,
            channel: self.channel.clone(),
            queue: self.queue.clone(),
        })
    }
}

/// A message that was handed out. It is finished by `ack` or `dead_letter`, or handed out again after `requeue`,
/// or when the connection ends.
pub struct Delivery {
    message: message::Delivery,
    channel: Channel,
    queue: String,
}

impl Delivery {
    /// What it says.
    pub fn body(&self) -> &[u8] {
        &self.message.data
    }

    /// Handled: it is not handed out again.
    ///
    /// # Errors
    /// When the connection is gone; the message comes again then.
    pub async fn ack(&self) -> Result<(), PublishError> {
        in_time(self.message.ack(BasicAckOptions::default()))
            .await
            .and_then(known)
    }

    /// Whether the broker would make a dead letter of it if it came back again, and would not know why.
    pub fn is_last_try(&self) -> bool {
        let headers = self.message.properties.headers().as_ref();
        match headers.and_then(|headers| headers.inner().get("x-delivery-count")) {
            Some(AMQPValue::LongLongInt(times)) => times + 1 >= delivery_limit(),
            _ => false,
        }
    }

    /// Can't be handled: to the dead letters, with the reason. The broker has it there before it is finished here; a
    /// crash between the two leaves two of it.
    ///
    /// # Errors
    /// When the connection is gone; the message comes again then.
    pub async fn dead_letter(&self, reason: &str) -> Result<(), PublishError> {
        dead_letter(&self.channel, &self.queue, &self.message, reason).await?;
        self.ack().await
    }

    /// Not handled: it comes again. The broker counts, and makes a dead letter of what comes back too often.
    ///
    /// # Errors
    /// When the connection is gone; the message comes again then, too.
    pub async fn requeue(&self) -> Result<(), PublishError> {
        let options = BasicNackOptions {
            requeue: true,
            ..BasicNackOptions::default()
        };
        in_time(self.message.nack(options)).await.and_then(known)
    }
}

fn known(in_use: bool) -> Result<(), PublishError> {
    if in_use {
        Ok(())
    } else {
        Err(PublishError::Unavailable("the channel is gone".to_owned()))
    }
}
