//! RabbitMQ, for running without AWS: quorum queues, one of them for what could not be handled.

mod consumer;
mod dead_letters;
mod publisher;
mod topology;

use std::time::Duration;

use lapin::uri::AMQPUri;
use lapin::{Channel, Connection, ConnectionProperties};
use tokio::time::Instant;

pub use consumer::{Consumer, Delivery};
pub use dead_letters::DeadLetters;
pub use publisher::RabbitMq;
pub use topology::{Queue, dead_letter_queue};

use crate::PublishError;

/// The default name of the queue of status changes.
pub const QUEUE: &str = "user-status";
/// The default name of the queue of purchase events.
pub const PURCHASE_EVENTS: &str = "purchase_events";

/// How long an answer of the broker is waited for.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Seconds between heartbeats, so that a broker that vanished is noticed within twice that.
const HEARTBEAT: u16 = 10;

/// A connection to RabbitMQ. It does not repair itself: when a call fails, connect again.
pub struct RabbitConnection {
    connection: Connection,
    queue: String,
}

impl RabbitConnection {
    /// Connects to `url` and makes sure that `queue` and, if it has one, its dead letter queue are there.
    ///
    /// # Errors
    /// When the broker can't be reached, refuses the login, or has a queue of that name with other properties.
    pub async fn connect(
        url: &str,
        queue: impl Into<Queue>,
    ) -> Result<RabbitConnection, PublishError> {
        let queue = queue.into();
        let mut uri: AMQPUri = url
            .parse()
            .map_err(|_| PublishError::Unavailable("not an AMQP URL".to_owned()))?;
        uri.query.heartbeat.get_or_insert(HEARTBEAT);
        in_time(async {
            let connection = Connection::connect_uri(uri, ConnectionProperties::default()).await?;
            topology::declare(&connection, &queue).await?;
            Ok(RabbitConnection {
                connection,
                queue: queue.name,
            })
        })
        .await
    }

    /// A publisher to the queue, on a channel of its own.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn publisher(&self) -> Result<RabbitMq, PublishError> {
        in_time(RabbitMq::open(&self.connection, &self.queue)).await
    }

    /// A consumer of the queue, on a channel of its own, that is handed at most `prefetch` unfinished messages.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn consumer(&self, prefetch: u16) -> Result<Consumer, PublishError> {
        in_time(Consumer::open(&self.connection, &self.queue, prefetch)).await
    }

    /// The dead letters of the queue, on a channel of their own.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn dead_letters(&self) -> Result<DeadLetters, PublishError> {
        in_time(DeadLetters::open(&self.connection, &self.queue)).await
    }

    /// What at most `limit` messages of the queue say, the oldest first. They stay where they are.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn look(&self, limit: u32) -> Result<Vec<Vec<u8>>, PublishError> {
        let channel = self.channel().await?;
        let messages = dead_letters::look(&channel, &self.queue, limit).await?;
        in_time(channel.close(200, "done".into())).await?;
        let bodies = messages.into_iter().map(|message| message.delivery.data);
        Ok(bodies.collect())
    }

    /// A bare channel, for looking at queues.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn channel(&self) -> Result<Channel, PublishError> {
        in_time(self.connection.create_channel()).await
    }

    /// Whether the connection is up as far as this side knows.
    pub fn is_connected(&self) -> bool {
        self.connection.status().connected()
    }

    /// Closes the connection. Messages that were handed out and not finished go back to the queue.
    pub async fn close(self) {
        let _ = in_time(self.connection.close(200, "done".into())).await;
    }
}

async fn in_time<T>(call: impl Future<Output = lapin::Result<T>>) -> Result<T, PublishError> {
    by(Instant::now() + TIMEOUT, call).await
}

async fn by<T>(
    deadline: Instant,
    call: impl Future<Output = lapin::Result<T>>,
) -> Result<T, PublishError> {
    match tokio::time::timeout_at(deadline, call).await {
        Ok(answer) => answer.map_err(unavailable),
        Err(_) => Err(PublishError::Unavailable("no answer in time".to_owned())),
    }
}

fn unavailable(error: lapin::Error) -> PublishError {
    PublishError::Unavailable(error.to_string())
}
