//! What AWS does with the background functions, in one process: both outboxes go to RabbitMQ, changes of status from
//! there to the loyalty database, holds that ran out are released, both databases are compared, and what is old is
//! removed.

mod audit;
mod backoff;
mod command;
mod consume;
mod health;
mod reconcile;
mod reconnect;
mod relay;
mod stop;
mod sweep;

use auth_store::AuthStore;
use checkout::Checkout;
use events::rabbitmq::{PURCHASE_EVENTS, QUEUE, Queue};
use health::Links;
use loyalty_store::LoyaltyStore;
use relay::Relay;
use runtime::ConfigError;
use sweep::Sweep;
use tokio::net::TcpListener;

pub use command::{Arguments, Command, Dlq};
pub use stop::{Stop, Stopper, stop_on_signal, stopper};

/// What the worker works with.
pub struct Worker {
    /// Where changes of status come from.
    pub auth: AuthStore,
    /// Where they go, and where events of purchases come from.
    pub loyalty: LoyaltyStore,
    /// Where purchases and payments meet.
    pub checkout: Checkout,
    /// Where RabbitMQ is.
    pub amqp_url: String,
    /// The queue of status changes.
    pub queue: String,
    /// The queue of events of purchases.
    pub purchase_queue: String,
}

impl Worker {
    /// The worker that the environment describes.
    ///
    /// # Errors
    /// When a variable is missing or unusable.
    pub fn from_env() -> Result<Worker, ConfigError> {
        Ok(Worker {
            auth: AuthStore::from_env()?,
            loyalty: LoyaltyStore::from_env()?,
            checkout: Checkout::from_env()?,
            amqp_url: amqp_url()?,
            queue: QUEUE.to_owned(),
            purchase_queue: PURCHASE_EVENTS.to_owned(),
        })
    }
}

fn amqp_url() -> Result<String, ConfigError> {
    runtime::required("AMQP_URL", "amqp://user:password@host:port/vhost")
}

/// Works until asked to stop, then finishes what is in progress. Servers may go away and come back meanwhile.
///
/// `listener` answers `GET /healthz`.
///
/// # Errors
/// When the listener fails.
pub async fn run(worker: Worker, listener: TcpListener, stop: Stop) -> std::io::Result<()> {
    let links = Links::default();
    let status = Relay {
        name: "status relay",
        outbox: worker.auth.outbox(),
        queue: Queue::from(&worker.queue),
    };
    let purchases = Relay {
        name: "purchase relay",
        outbox: worker.loyalty.outbox(),
        queue: Queue::of_purchases(&worker.purchase_queue),
    };
    let (.., served) = tokio::join!(
        status.run(&worker, &links.status_relay, stop.clone()),
        purchases.run(&worker, &links.purchase_relay, stop.clone()),
        consume::run(&worker, &links.consumer, stop.clone()),
        sweep::run(&worker, Sweep::Holds, stop.clone()),
        sweep::run(&worker, Sweep::Payments, stop.clone()),
        sweep::run(&worker, Sweep::Refunds, stop.clone()),
        sweep::run(&worker, Sweep::Old, stop.clone()),
        sweep::run(&worker, Sweep::Accounts, stop.clone()),
        reconcile::run(&worker, stop.clone()),
        health::serve(&worker, links.clone(), listener, stop.clone()),
    );
    served
}
