//! A connection to RabbitMQ is made again when it is lost.

use events::PublishError;

use crate::backoff::Backoff;
use crate::health::Link;
use crate::{Stop, Worker};

/// Works over one connection after another until it is time to stop. `work` makes a connection and returns when it is
/// lost; it says on the link that it is connected and resets the pauses once all goes well. `name` is for the log.
pub(crate) async fn run(
    name: &'static str,
    worker: &Worker,
    link: &Link,
    mut stop: Stop,
    work: impl AsyncFn(&Worker, &Link, &mut Stop, &mut Backoff) -> Result<(), PublishError>,
) {
    let mut backoff = Backoff::new();
    while !stop.is_set() {
        let result = work(worker, link, &mut stop, &mut backoff).await;
        link.set(false);
        if let Err(error) = result {
            tracing::warn!(%error, "the {name} lost RabbitMQ; connecting again");
            stop.sleep(backoff.pause()).await;
        }
    }
}
