//! The connection.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{
    Client, ErrorKind, FromRedisValue, Pipeline, RedisError, RedisResult, ScriptInvocation,
};
use runtime::ConfigError;
use tokio::sync::OnceCell;

const NAME: &str = "REDIS_URL";
/// The default of `REDIS_TIMEOUT_MS`.
const DEFAULT_MILLIS: NonZeroU32 = NonZeroU32::new(100).unwrap();

/// A Redis. Connects at the first use; clones share the connection.
#[derive(Clone)]
pub struct Cache(Arc<Inner>);

struct Inner {
    client: Client,
    /// For connecting, and for one answer. Past twice this a call fails, and the request goes on without Redis.
    wait: Duration,
    // The manager wants a runtime to be there when it is made, which a constructor can't promise.
    manager: OnceCell<ConnectionManager>,
}

enum Request<'a> {
    Commands(&'a Pipeline),
    Script(&'a ScriptInvocation<'a>),
}

impl Cache {
    /// The Redis at `REDIS_URL`, which has `REDIS_TIMEOUT_MS` milliseconds to answer, 100 by default.
    ///
    /// # Errors
    /// When a variable is missing or not valid.
    pub fn from_env() -> Result<Cache, ConfigError> {
        let url = runtime::required(NAME, "a Redis URL, redis://host:port/")?;
        let millis: NonZeroU32 = runtime::parsed_or("REDIS_TIMEOUT_MS", DEFAULT_MILLIS)?;
        Cache::with_wait(&url, Duration::from_millis(millis.get().into()))
            .map_err(|_| ConfigError::Invalid(NAME, "not a Redis URL".to_owned()))
    }

    /// The Redis at `url`, which has 100 ms to answer.
    ///
    /// # Errors
    /// When `url` is no Redis URL.
    pub fn new(url: &str) -> Result<Cache, RedisError> {
        Cache::with_wait(url, Duration::from_millis(DEFAULT_MILLIS.get().into()))
    }

    /// The Redis at `url`, which has `wait` to answer.
    ///
    /// # Errors
    /// When `url` is no Redis URL.
    pub fn with_wait(url: &str, wait: Duration) -> Result<Cache, RedisError> {
        Ok(Cache(Arc::new(Inner {
            client: Client::open(url)?,
            wait,
            manager: OnceCell::new(),
        })))
    }

    /// Sends commands in one round trip. They may be done twice, should the connection break in between.
    ///
    /// # Errors
    /// When Redis is away, silent, or refuses.
    pub async fn query<T: FromRedisValue>(&self, commands: &Pipeline) -> RedisResult<T> {
        self.call(Request::Commands(commands)).await
    }

    /// Runs a script in one round trip, or two more when the server does not have it yet. It may be done twice, should
    /// the connection break in between.
    ///
    /// # Errors
    /// When Redis is away, silent, or refuses.
    pub async fn run<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> RedisResult<T> {
        self.call(Request::Script(script)).await
    }

    /// True when Redis answers.
    pub async fn ping(&self) -> bool {
        self.query::<()>(redis::pipe().ping().ignore())
            .await
            .is_ok()
    }

    /// Makes a call, and makes it again once: the first may find a connection that died while nobody was looking
    /// (a frozen function, a restarted server) and only that makes the manager open a new one.
    async fn call<T: FromRedisValue>(&self, request: Request<'_>) -> RedisResult<T> {
        let both = async {
            let mut manager = self.manager().await?;
            match request.send(&mut manager).await {
                Err(error) if error.is_io_error() || error.is_unrecoverable_error() => {
                    request.send(&mut manager).await
                }
                done => done,
            }
        };
        tokio::time::timeout(2 * self.0.wait, both)
            .await
            .unwrap_or_else(|_| Err((ErrorKind::Io, "no answer in time").into()))
    }

    async fn manager(&self) -> RedisResult<ConnectionManager> {
        self.0
            .manager
            .get_or_try_init(async || {
                let config = ConnectionManagerConfig::new()
                    .set_number_of_retries(0)
                    .set_connection_timeout(Some(self.0.wait))
                    .set_response_timeout(Some(self.0.wait));
                ConnectionManager::new_lazy_with_config(self.0.client.clone(), config)
            })
            .await
            .cloned()
    }
}

impl Request<'_> {
    async fn send<T: FromRedisValue>(&self, manager: &mut ConnectionManager) -> RedisResult<T> {
        match self {
            Request::Commands(commands) => commands.query_async(manager).await,
            Request::Script(script) => script.invoke_async(manager).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cache_is_created_without_a_runtime() {
        assert!(Cache::new("redis://127.0.0.1:1/").is_ok());
        assert!(Cache::new("127.0.0.1").is_err());
    }

    #[tokio::test]
    async fn unreachable_redis_gives_no_answer() {
        assert!(!Cache::new("redis://127.0.0.1:9/").unwrap().ping().await);
    }
}
