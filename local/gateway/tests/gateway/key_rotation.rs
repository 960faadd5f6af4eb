//! The signing key of access tokens is rotated under load, and no request fails.

use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use testkit::{Client, User, World, free_address, join_all, until};
use tokens::keys::{self, Settings};

const INSTANCES: usize = 2;
const CALLERS: usize = 4;
/// Requests between two refreshes of a caller's tokens.
const RENEWAL: usize = 5;
/// A debug build under load is slow.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A gateway process with keys of its own. It ends once the last request that uses it is done.
struct Instance {
    process: Child,
    client: Client,
}

impl Instance {
    async fn start(keys: &Settings) -> Arc<Instance> {
        let address = free_address().to_string();
        let process = Command::new(env!("CARGO_BIN_EXE_gateway"))
            .envs(keys)
            .env("GATEWAY_ADDR", &address)
            .env("PG_POOL_SIZE", "2")
            .env("RUST_LOG", "warn")
            .spawn()
            .unwrap();
        let instance = Instance {
            process,
            client: Client::new(format!("http://{address}")),
        };
        until("the instance listens", TIMEOUT, async || {
            let stream = tokio::net::TcpStream::connect(&address).await;
            stream.ok().map(drop)
        })
        .await;
        Arc::new(instance)
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The running instances, and the progress of the callers.
#[derive(Default)]
struct Service {
    instances: Mutex<Vec<Arc<Instance>>>,
    turn: AtomicUsize,
    over: AtomicBool,
    renewals: [AtomicUsize; CALLERS],
}

impl Service {
    /// The next instance, round robin.
    fn any(&self) -> Arc<Instance> {
        let instances = self.instances.lock().unwrap();
        instances[self.turn.fetch_add(1, Ordering::SeqCst) % instances.len()].clone()
    }

    /// Replaces the instances one by one, as a deployment does; meanwhile, old and new ones run side by side.
    async fn deploy(&self, keys: &Settings) {
        for place in 0..INSTANCES {
            let new = Instance::start(keys).await;
            let old = std::mem::replace(&mut self.instances.lock().unwrap()[place], new);
            drop(old);
            self.everyone_renews().await;
        }
    }

    /// Waits until each caller has tokens that are newer than this moment.
    async fn everyone_renews(&self) {
        let count = || self.renewals.each_ref().map(|n| n.load(Ordering::SeqCst));
        let before = count();
        until("all have new tokens", TIMEOUT, async || {
            let renewed = before.iter().zip(count()).all(|(a, b)| b >= a + 2);
            renewed.then_some(())
        })
        .await;
    }

    /// Sends requests and refreshes the tokens until the test is over.
    async fn load(&self, caller: usize, user: &User) {
        let mut access = user.access_token.clone();
        let mut refresh = user.refresh_token.clone();
        while !self.over.load(Ordering::SeqCst) {
            for _ in 0..RENEWAL {
                let instance = self.any();
                let call = instance.client.call("GET", "/get_active_promocodes");
                call.bearer(&access).send().await.success(200);
            }
            let instance = self.any();
            let call = instance.client.call("POST", "/refresh_token");
            let renewed = call.json(&json!({ "refresh_token": refresh })).send().await;
            renewed.success(200);
            access = renewed.text("access_token").to_owned();
            refresh = renewed.text("refresh_token").to_owned();
            self.renewals[caller].fetch_add(1, Ordering::SeqCst);
        }
    }
}

fn keys_of(world: &World) -> Settings {
    let settings = &world.settings;
    Settings::from([
        (
            "JWT_SIGNING_KEY".to_owned(),
            settings.jwt_signing_key.clone(),
        ),
        ("JWT_KEY_ID".to_owned(), settings.jwt_key_id.clone()),
        ("JWT_JWKS".to_owned(), settings.jwt_jwks.clone()),
    ])
}

async fn published(service: &Service) -> usize {
    let instance = service.any();
    let answer = instance
        .client
        .call("GET", "/.well-known/jwks.json")
        .send()
        .await;
    answer.success(200)["keys"].as_array().unwrap().len()
}

#[tokio::test]
async fn key_rotation_fails_no_request() {
    let world = World::new().await;
    let users = world.users(CALLERS).await;
    let service = Service::default();
    let mut keys = keys_of(&world);
    for _ in 0..INSTANCES {
        let instance = Instance::start(&keys).await;
        service.instances.lock().unwrap().push(instance);
    }
    let load = join_all(
        users
            .iter()
            .enumerate()
            .map(|(n, user)| service.load(n, user)),
    );
    let rotation = async {
        service.everyone_renews().await;
        keys::add(&mut keys, "second").unwrap();
        service.deploy(&keys).await;
        assert_eq!(published(&service).await, 2);
        keys::switch(&mut keys).unwrap();
        service.deploy(&keys).await;
        assert_eq!(published(&service).await, 2);
        // Every caller's tokens are newer than the switch, as they are ten minutes after it.
        keys::retire(&mut keys).unwrap();
        service.deploy(&keys).await;
        assert_eq!(published(&service).await, 1);
        service.over.store(true, Ordering::SeqCst);
    };
    tokio::join!(load, rotation);

    // Tokens signed by the old key are no longer accepted.
    let instance = service.any();
    let call = instance.client.call("GET", "/get_active_promocodes");
    let old = call.bearer(&users[0].access_token).send().await;
    old.problem(401, "token_invalid");
    drop(instance);
    service.instances.lock().unwrap().clear();
    world.finish().await;
}
