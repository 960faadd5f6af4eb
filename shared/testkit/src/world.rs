//! The world of one test.

use std::sync::{Mutex, PoisonError};

use domain::{Clock, Random};
use events::rabbitmq::RabbitConnection;
use futures_util::future::join_all;
use jiff::Timestamp;
use pg::{AdHoc, Pool, Type};
use runtime::{OsRandom, SystemClock};
use serde_json::json;
use uuid::Uuid;

use crate::rows;
use crate::user::log_in;
use crate::{Answer, Client, Forge, Host, PASSWORD, Sandbox, Settings, TIMEOUT, User, until};

/// Concurrent registrations: each hashes a password, and a machine has few cores.
const AT_A_TIME: usize = 8;

/// What one test has to itself, on a stack that all tests share. Must end with [`World::finish`].
pub struct World {
    /// The environment.
    pub settings: Settings,
    /// A client that is not logged in.
    pub client: Client,
    /// The payment sandbox.
    pub sandbox: Sandbox,
    /// The auth database.
    pub auth: Pool,
    /// The loyalty database.
    pub loyalty: Pool,
    pub(crate) broker: RabbitConnection,
    pub(crate) dead_letters: u32,
    pub(crate) own: Mutex<Own>,
    pub(crate) finished: bool,
}

/// What the test has created.
#[derive(Default)]
pub(crate) struct Own {
    pub users: Vec<Uuid>,
    pub promos: Vec<i64>,
    pub tariffs: Vec<i64>,
    /// Users whose status was set on one side alone.
    pub forced: Vec<Uuid>,
}

/// The time.
pub fn now() -> Timestamp {
    SystemClock.now()
}

/// `prefix` followed by a unique suffix.
pub fn unique(prefix: &str) -> String {
    let number = OsRandom.uuid().as_u128();
    format!("{prefix}{number:022X}")
        .chars()
        .take(prefix.len() + 20)
        .collect()
}

impl World {
    /// A new world. Panics when the environment is not that of `cargo local test`.
    pub async fn new() -> World {
        World::on(Settings::from_env()).await
    }

    /// The same with settings other than those of the running stack.
    pub async fn on(settings: Settings) -> World {
        let client = Client::new(settings.base_url.clone());
        let queue = events::rabbitmq::QUEUE;
        let broker = RabbitConnection::connect(&settings.amqp_url, queue).await;
        let mut world = World {
            sandbox: Sandbox::new(client.clone(), settings.clone()),
            auth: Pool::new(&settings.auth_url, 1).unwrap(),
            loyalty: Pool::new(&settings.loyalty_url, 1).unwrap(),
            broker: broker.unwrap(),
            dead_letters: 0,
            own: Mutex::default(),
            finished: false,
            client,
            settings,
        };
        world.dead_letters = world.count_dead_letters().await;
        world
    }

    /// An active user whom only the loyalty side knows. The access token has this role.
    pub async fn stranger(&self, role: &str) -> User {
        let id = OsRandom.uuid();
        rows::insert_users(&self.loyalty, &[id]).await;
        self.own().users.push(id);
        let forge = self.forge();
        let mut claims = forge.claims(id);
        claims["role"] = json!(role);
        User {
            id,
            email: String::new(),
            access_token: forge.token(&forge.header(), &claims),
            refresh_token: String::new(),
            client: self.client.clone(),
        }
    }

    /// Makes access tokens.
    pub fn forge(&self) -> Forge {
        Forge::new(&self.settings)
    }

    /// How many requests to send at once: all of `many` where they run concurrently, fewer where they queue up.
    pub fn many(&self, many: usize) -> usize {
        match self.settings.host {
            Host::Gateway => many,
            Host::Lambda => many / 3,
        }
    }

    /// A registered user who is logged in and known to the loyalty side.
    pub async fn user(&self) -> User {
        let user = self.new_user().await;
        self.until_status(user.id, "active").await;
        user
    }

    /// Several such users.
    pub async fn users(&self, count: usize) -> Vec<User> {
        let mut users = vec![];
        while users.len() < count {
            let next = (count - users.len()).min(AT_A_TIME);
            users.extend(join_all((0..next).map(|_| self.user())).await);
        }
        users
    }

    /// A registered user with this role, logged in with it.
    pub async fn staff(&self, role: &str) -> User {
        let mut user = self.new_user().await;
        let sql = "UPDATE users SET role = $2 WHERE id = $1";
        let params: [pg::Param; 2] = [(&user.id, Type::UUID), (&role, Type::TEXT)];
        assert_eq!(self.auth.execute(sql, &params).await.unwrap(), 1);
        let tokens = user.log_in().await;
        user.access_token = tokens.text("access_token").to_owned();
        user.refresh_token = tokens.text("refresh_token").to_owned();
        user
    }

    /// A registered user who is logged in; the loyalty side may not know the user yet.
    pub async fn new_user(&self) -> User {
        let email = format!("{}@example.com", unique("e2e-"));
        let body = json!({ "email": email, "password": PASSWORD });
        let call = self.client.call("POST", "/user_registration").json(&body);
        let registered = call.send().await;
        registered.success(201);
        let id = registered.uuid("user_id");
        let tokens = log_in(&self.client, &email).await;
        tokens.success(200);
        self.signed_in(id, &email, &tokens)
    }

    /// A user that the test has registered and logged in by itself, from the answer to the login.
    pub fn signed_in(&self, id: Uuid, email: &str, tokens: &Answer) -> User {
        let mut own = self.own();
        if !own.users.contains(&id) {
            own.users.push(id);
        }
        User {
            id,
            email: email.to_owned(),
            access_token: tokens.text("access_token").to_owned(),
            refresh_token: tokens.text("refresh_token").to_owned(),
            client: self.client.clone(),
        }
    }

    /// Registers with this address in upper case, logs in, and waits until the loyalty side knows the user.
    pub async fn register_again(&self, email: &str) -> User {
        let body = json!({ "email": email.to_uppercase(), "password": PASSWORD });
        let post = async |path: &str| self.client.call("POST", path).json(&body).send().await;
        let made = post("/user_registration").await;
        made.success(201);
        let tokens = post("/login").await;
        let user = self.signed_in(made.uuid("user_id"), email, &tokens);
        self.until_status(user.id, "active").await;
        user
    }

    /// Waits until the loyalty side knows that the user has this status.
    pub async fn until_status(&self, user_id: Uuid, status: &str) {
        until(
            &format!("user {status} on the loyalty side"),
            TIMEOUT,
            async || {
                let known = self.user_status(user_id).await;
                known.filter(|known| known == status)
            },
        )
        .await;
    }

    /// Sets a user's status on the loyalty side alone, as an event would.
    pub async fn set_loyalty_status(&self, user_id: Uuid, status: &str) {
        let sql =
            "UPDATE users SET status = $2, version = version + 1, updated_at = $3 WHERE id = $1";
        let params: [pg::Param; 3] = [
            (&user_id, Type::UUID),
            (&status, Type::TEXT),
            (&now(), Type::TIMESTAMPTZ),
        ];
        assert_eq!(self.loyalty.execute(sql, &params).await.unwrap(), 1);
        self.own().forced.push(user_id);
    }

    /// Blocks an account on the auth side, without an event.
    pub async fn block(&self, user_id: Uuid) {
        let sql = "UPDATE users SET status = 'blocked', version = version + 1 WHERE id = $1";
        let blocked = self.auth.execute(sql, &[(&user_id, Type::UUID)]).await;
        assert_eq!(blocked.unwrap(), 1);
        self.own().forced.push(user_id);
    }

    pub(crate) fn own(&self) -> std::sync::MutexGuard<'_, Own> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
