//! What AWS does with four functions, in one process: the outbox goes to RabbitMQ, RabbitMQ to the loyalty database,
//! holds that ran out are released, both databases are compared, and what is old is removed.

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
use events::rabbitmq::QUEUE;
use health::Links;
use loyalty_store::LoyaltyStore;
use runtime::ConfigError;
use sweep::Sweep;
use tokio::net::TcpListener;

pub use command::{Arguments, Command, Dlq};
pub use stop::{Stop, Stopper, stop_on_signal, stopper};

/// What the worker works with.
pub struct Worker {
    /// Where the outbox is.
    pub auth: AuthStore,
    /// Where status goes.
    pub loyalty: LoyaltyStore,
    /// Where purchases and payments meet.
    pub checkout: Checkout,
    /// Where RabbitMQ is.
    pub amqp_url: String,
    /// The queue of status changes.
    pub queue: String,
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
        })
    }
}

fn amqp_url() -> Result<String, ConfigError> {
    runtime::required("AMQP_URL", "amqp://user:password@host:port/vhost")
}

/// Works until told to stop, then finishes what is under way. Servers may go away and come back meanwhile.
///
/// `listener` answers `GET /healthz`.
///
/// # Errors
/// When the listener fails.
pub async fn run(worker: Worker, listener: TcpListener, stop: Stop) -> std::io::Result<()> {
    let links = Links::default();
    let (.., served) = tokio::join!(
        relay::run(&worker, &links.relay, stop.clone()),
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
