//! Sessions that ended before their access tokens did, and roles that are no longer those in access tokens, in Redis for
//! as long as such a token can still be good.

use std::sync::Arc;

use cache::{Cache, Outage};
use domain::Role;
use runtime::ConfigError;
use uuid::Uuid;

use crate::access::{ACCESS_TTL, LEEWAY};

/// The present state of the session and the role in an access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionStatus {
    /// Nothing that is known.
    Good,
    /// The session has ended.
    Revoked,
    /// The user has another role: a refresh gives a token with it.
    OtherRole,
}

/// The revoked sessions and the new roles. Clones share the connection.
///
/// Redis is a help here, not a dependency: without it a revoked session lives on until its access token expires.
#[derive(Clone)]
pub struct Revocations {
    cache: Cache,
    outage: Arc<Outage>,
}

impl Revocations {
    /// The revocations in the Redis at `REDIS_URL`.
    ///
    /// # Errors
    /// When the variable is missing or is no Redis URL.
    pub fn from_env() -> Result<Revocations, ConfigError> {
        Cache::from_env().map(Revocations::new)
    }

    /// The revocations in a Redis.
    pub fn new(cache: Cache) -> Revocations {
        Revocations {
            cache,
            outage: Arc::default(),
        }
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
        if let Err(error) = self.cache.query::<()>(&pipe).await {
            tracing::warn!(%error, sessions = sessions.len(), "revoked sessions could not be written to Redis");
        }
    }

    /// Refuses, from now on, the user's access tokens that speak of another role.
    /// Redis being down is logged, not returned: the tokens then end by themselves.
    pub async fn set_role(&self, user: Uuid, role: Role) {
        let ttl = (ACCESS_TTL + LEEWAY).as_secs();
        let mut pipe = redis::pipe();
        pipe.cmd("SET")
            .arg(role_key(user))
            .arg(role.as_str())
            .arg("EX")
            .arg(ttl)
            .ignore();
        if let Err(error) = self.cache.query::<()>(&pipe).await {
            tracing::warn!(%error, "a new role could not be written to Redis");
        }
    }

    /// True when the session's access tokens are to be refused. False when Redis does not answer.
    pub async fn is_revoked(&self, session: Uuid) -> bool {
        let answer = self.cache.query(redis::pipe().exists(key(session))).await;
        self.outage
            .watch(answer, "revoked sessions are taken for live")
            .is_some_and(|(revoked,)| revoked)
    }

    /// The present state of the session, the user and the role of an access token. Good when Redis does not answer.
    pub async fn session_status(&self, session: Uuid, user: Uuid, role: Role) -> SessionStatus {
        let mut pipe = redis::pipe();
        pipe.exists(key(session)).get(role_key(user));
        let answer = self.cache.query::<(bool, Option<String>)>(&pipe).await;
        let answer = self
            .outage
            .watch(answer, "revoked sessions are taken for live");
        match answer {
            Some((true, _)) => SessionStatus::Revoked,
            Some((_, Some(now))) if now != role.as_str() => SessionStatus::OtherRole,
            _ => SessionStatus::Good,
        }
    }
}

fn role_key(user: Uuid) -> String {
    format!("role:{user}")
}

fn key(session: Uuid) -> String {
    format!("revoked:{session}")
}
