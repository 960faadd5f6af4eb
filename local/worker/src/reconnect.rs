//! A connection to RabbitMQ is made again when it is lost.

use events::PublishError;

use crate::Stop;
use crate::backoff::Backoff;
use crate::health::Link;

/// After a connection: says on the link that there is none, and waits a moment if it was lost. `name` is for the log.
pub(crate) async fn pause(
    name: &'static str,
    ended: Result<(), PublishError>,
    link: &Link,
    stop: &mut Stop,
    backoff: &mut Backoff,
) {
    link.set(false);
    if let Err(error) = ended {
        tracing::warn!(%error, "the {name} lost RabbitMQ; connecting again");
        stop.sleep(backoff.pause()).await;
    }
}
