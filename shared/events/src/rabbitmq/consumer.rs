//! Consuming with manual acknowledgement.

use futures_util::StreamExt;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicNackOptions, BasicQosOptions, BasicRejectOptions,
};
use lapin::types::FieldTable;
use lapin::{Connection, message};

use super::{in_time, unavailable};
use crate::PublishError;

/// A consumer of one queue.
pub struct Consumer(lapin::Consumer);

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
        // An empty tag: the broker gives one.
        channel
            .basic_consume(
                queue.into(),
                "".into(),
                BasicConsumeOptions::default(),
                FieldTable::default(),
            )
            .await
            .map(Consumer)
    }

    /// The next message. Dropping the wait loses nothing.
    ///
    /// # Errors
    /// When the connection is gone, or the queue.
    pub async fn next(&mut self) -> Result<Delivery, PublishError> {
        match self.0.next().await {
            Some(delivery) => delivery.map(Delivery).map_err(unavailable),
            None => Err(PublishError::Unavailable("the queue is gone".to_owned())),
        }
    }
}

/// A message that was handed out. It is finished by `ack` or `dead_letter`, or handed out again after `requeue`,
/// or when the connection ends.
pub struct Delivery(message::Delivery);

impl Delivery {
    /// What it says.
    pub fn body(&self) -> &[u8] {
        &self.0.data
    }

    /// Handled: it is not handed out again.
    ///
    /// # Errors
    /// When the connection is gone; the message comes again then.
    pub async fn ack(&self) -> Result<(), PublishError> {
        in_time(self.0.ack(BasicAckOptions::default()))
            .await
            .and_then(known)
    }

    /// Can't be handled: to the dead letters.
    ///
    /// # Errors
    /// When the connection is gone; the message comes again then.
    pub async fn dead_letter(&self) -> Result<(), PublishError> {
        let options = BasicRejectOptions { requeue: false };
        in_time(self.0.reject(options)).await.and_then(known)
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
        in_time(self.0.nack(options)).await.and_then(known)
    }
}

fn known(in_use: bool) -> Result<(), PublishError> {
    if in_use {
        Ok(())
    } else {
        Err(PublishError::Unavailable("the channel is gone".to_owned()))
    }
}
