//! The servers that all tests of this module share, one test at a time. A thread of their own keeps them, since a child
//! process ends with the thread that started it; so they all end with this process.

use std::path::{Path, PathBuf};
use std::thread;

use events::rabbitmq::{QUEUE, RabbitConnection, dead_letter_queue};
use local::env::Env;
use local::error::Result;
use tokio::sync::{Mutex, MutexGuard, mpsc, oneshot};

use crate::faults::servers::{Server, Servers, Shortage};
use crate::faults::world::TIMEOUT;
use crate::support::until;

enum Order {
    Stop(Server, bool),
    Restore,
    Starve(Shortage),
}

/// A handle to the servers.
pub struct Site {
    pub env: Env,
    pub folder: PathBuf,
    orders: mpsc::UnboundedSender<(Order, oneshot::Sender<Result<()>>)>,
}

static SITE: Mutex<Option<Site>> = Mutex::const_new(None);

/// The servers, all of them up, for one test at a time.
pub async fn take() -> MutexGuard<'static, Option<Site>> {
    let mut site = SITE.lock().await;
    if site.is_none() {
        *site = Some(start().await);
    }
    // Restores what a failed test may have left stopped.
    if let Some(site) = &*site {
        site.restore().await;
    }
    site
}

async fn start() -> Site {
    let (orders, received) = mpsc::unbounded_channel();
    let (started, ready) = oneshot::channel();
    thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_all().build().unwrap();
        runtime.block_on(keep(started, received));
    });
    let (env, folder) = ready.await.expect("the servers start");
    make_queues(&env, &folder).await;
    Site {
        env,
        folder,
        orders,
    }
}

/// The broker records its queues on disk some seconds after it has created them. If it is killed before that, it loses
/// them, which no client can fix; so the tests wait for that record.
async fn make_queues(env: &Env, folder: &Path) {
    let broker = RabbitConnection::connect(&env["AMQP_URL"], QUEUE).await;
    broker.unwrap().close().await;
    let node = "rabbitmq/data/rabbit@localhost/quorum/rabbit@localhost/names.dets";
    let (list, name) = (folder.join(node), dead_letter_queue(QUEUE));
    until("a broker that has noted its queues", TIMEOUT, async || {
        let list = std::fs::read(&list).unwrap_or_default();
        let mut parts = list.windows(name.len());
        parts.any(|part| part == name.as_bytes())
    })
    .await;
}

async fn keep(
    started: oneshot::Sender<(Env, PathBuf)>,
    mut orders: mpsc::UnboundedReceiver<(Order, oneshot::Sender<Result<()>>)>,
) {
    let mut servers = Servers::start().await.unwrap();
    let _ = started.send((servers.env(), servers.folder()));
    while let Some((order, done)) = orders.recv().await {
        let _ = done.send(match order {
            Order::Stop(server, kill) => {
                servers.stop(server, kill).await;
                Ok(())
            }
            Order::Restore => servers.restore().await,
            Order::Starve(of) => servers.starve(of).await,
        });
    }
}

impl Site {
    /// Stops a server gracefully.
    pub async fn stop(&self, server: Server) {
        self.order(Order::Stop(server, false)).await;
    }

    /// Kills a server with SIGKILL.
    pub async fn kill(&self, server: Server) {
        self.order(Order::Stop(server, true)).await;
    }

    /// Restarts what was stopped, and lifts the shortages of the broker.
    pub async fn restore(&self) {
        self.order(Order::Restore).await;
    }

    /// Makes the broker run short of a resource.
    pub async fn starve(&self, of: Shortage) {
        self.order(Order::Starve(of)).await;
    }

    async fn order(&self, order: Order) {
        let (done, answer) = oneshot::channel();
        let sent = self.orders.send((order, done));
        assert!(sent.is_ok(), "the thread that keeps the servers has ended");
        let outcome = answer
            .await
            .expect("an answer from the thread that keeps the servers");
        outcome.expect("the servers carry out the order");
    }
}
