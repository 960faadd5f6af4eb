//! Sessions that ended before their access tokens did, in Redis for as long as such a token can still be good.

use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, FromRedisValue, Pipeline, RedisError, RedisResult};
use runtime::ConfigError;
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::access::{ACCESS_TTL, LEEWAY};

const NAME: &str = "REDIS_URL";
/// Connecting, and one answer. Past this the request goes on without Redis.
const WAIT: Duration = Duration::from_millis(100);

/// The revoked sessions. Connects at the first use; clones share the connection.
///
/// Redis is a help here, not a dependency: without it a revoked session lives on until its access token expires.
#[derive(Clone)]
pub struct Revocations(std::sync::Arc<Inner>);

struct Inner {
    client: Client,
    // The manager wants a runtime to be there when it is made, which a constructor can't promise.
    manager: OnceCell<ConnectionManager>,
}

impl Revocations {
    /// The revocations in the Redis at `REDIS_URL`.
    ///
    /// # Errors
    /// When the variable is missing or is no Redis URL.
    pub fn from_env() -> Result<Revocations, ConfigError> {
        let url = runtime::required(NAME, "a Redis URL, redis://host:port/")?;
        Revocations::new(&url).map_err(|_| ConfigError::Invalid(NAME, "not a Redis URL".to_owned()))
    }

    /// The revocations in the Redis at `url`.
    ///
    /// # Errors
    /// When `url` is no Redis URL.
    pub fn new(url: &str) -> Result<Revocations, RedisError> {
        Ok(Revocations(std::sync::Arc::new(Inner {
            client: Client::open(url)?,
            manager: OnceCell::new(),
        })))
    }

    /// Refuses the access tokens of these sessions from now on. Redis being down is logged, not returned: the tokens
    /// then end by themselves.
    pub async fn revoke(&self, sessions: &[Uuid]) {
        if sessions.is_empty() {
            return;
        }
        let ttl = (ACCESS_TTL + LEEWAY).as_secs();
        let mut pipe = redis::pipe();
        for sid in sessions {
            pipe.cmd("SET")
                .arg(key(*sid))
                .arg(1)
                .arg("EX")
                .arg(ttl)
                .ignore();
        }
        if let Err(error) = self.call::<()>(&pipe).await {
            tracing::warn!(%error, sessions = sessions.len(), "revoked sessions could not be written to Redis");
        }
    }

    /// True when the session's access tokens are to be refused. False when Redis does not answer.
    pub async fn is_revoked(&self, session: Uuid) -> bool {
        match self.call(redis::pipe().exists(key(session))).await {
            Ok((revoked,)) => revoked,
            Err(error) => {
                tracing::warn!(%error, "Redis can't say whether a session is revoked: taken for live");
                false
            }
        }
    }

    /// True when Redis answers.
    pub async fn ping(&self) -> bool {
        self.call::<()>(redis::pipe().ping().ignore()).await.is_ok()
    }

    /// Makes a call, and makes it again once: the first may find a connection that died while nobody was looking
    /// (a frozen function, a restarted server) and only that tells the manager to make a new one.
    async fn call<T: FromRedisValue>(&self, commands: &Pipeline) -> RedisResult<T> {
        let both = async {
            let mut manager = self.manager().await?;
            match commands.query_async(&mut manager).await {
                Err(error) if error.is_io_error() || error.is_unrecoverable_error() => {
                    commands.query_async(&mut manager).await
                }
                done => done,
            }
        };
        tokio::time::timeout(2 * WAIT, both)
            .await
            .unwrap_or_else(|_| Err((redis::ErrorKind::Io, "no answer in time").into()))
    }

    async fn manager(&self) -> RedisResult<ConnectionManager> {
        self.0
            .manager
            .get_or_try_init(async || {
                let config = ConnectionManagerConfig::new()
                    .set_number_of_retries(0)
                    .set_connection_timeout(Some(WAIT))
                    .set_response_timeout(Some(WAIT));
                ConnectionManager::new_lazy_with_config(self.0.client.clone(), config)
            })
            .await
            .cloned()
    }
}

fn key(session: Uuid) -> String {
    format!("revoked:{session}")
}
