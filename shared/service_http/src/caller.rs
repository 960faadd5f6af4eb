//! Who is asking: the bearer of an access token.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::header;
use axum::http::request::Parts;
use cache::Cache;
use domain::{Clock, Role};
use runtime::{ConfigError, SystemClock};
use tokens::{Revocations, SessionStatus, Verifier, VerifyError};
use uuid::Uuid;

use crate::known_parameters::refuse_unknown_parameter;
use crate::{Code, Problem};

/// What a function needs to know its callers.
#[derive(Clone)]
pub struct Access {
    verifier: Arc<Verifier>,
    revocations: Revocations,
    clock: Arc<dyn Clock>,
}

impl Access {
    /// From `JWT_JWKS` and `REDIS_URL`.
    ///
    /// # Errors
    /// When one of them is missing or not valid.
    pub fn from_env() -> Result<Access, ConfigError> {
        Access::with_cache(Cache::from_env()?)
    }

    /// From `JWT_JWKS`, on a connection to Redis that is there for more than this.
    ///
    /// # Errors
    /// When the variable is missing or not valid.
    pub fn with_cache(cache: Cache) -> Result<Access, ConfigError> {
        Ok(Access {
            verifier: Arc::new(Verifier::from_env()?),
            revocations: Revocations::new(cache),
            clock: Arc::new(SystemClock),
        })
    }
}

/// A user with a valid access token of a session that has not ended.
#[derive(Debug, Clone, Copy)]
pub struct Caller {
    /// The ID of the user.
    pub user_id: Uuid,
    /// The session.
    pub session_id: Uuid,
    /// The user's role.
    pub role: Role,
}

impl Caller {
    /// The caller of a request of which nothing else has been looked at.
    pub(crate) async fn of(parts: &Parts, access: Access) -> Result<Caller, Problem> {
        let Bearer(caller) = Bearer::of(parts, &access)?;
        let revocations = access.revocations;
        let status = revocations.session_status(caller.session_id, caller.user_id, caller.role);
        match status.await {
            SessionStatus::Good => Ok(caller),
            SessionStatus::Revoked => Err(Problem::new(Code::TokenRevoked)),
            // What to do about it is the same: a refresh.
            SessionStatus::OtherRole => Err(Problem::new(Code::TokenExpired)),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Caller
where
    Access: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let caller = Caller::of(parts, Access::from_ref(state)).await?;
        refuse_unknown_parameter(parts)?;
        Ok(caller)
    }
}

/// The holder of a valid access token, whether its session has ended or not: only for what ends sessions.
#[derive(Debug, Clone, Copy)]
pub struct Bearer(pub Caller);

impl<S: Sync> FromRequestParts<S> for Bearer
where
    Access: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let bearer = Bearer::of(parts, &Access::from_ref(state))?;
        refuse_unknown_parameter(parts)?;
        Ok(bearer)
    }
}

impl Bearer {
    fn of(parts: &Parts, access: &Access) -> Result<Bearer, Problem> {
        let mut headers = parts.headers.get_all(header::AUTHORIZATION).into_iter();
        let header = headers
            .next()
            .ok_or_else(|| Problem::new(Code::TokenMissing))?;
        let token = header
            .to_str()
            .ok()
            .filter(|_| headers.next().is_none())
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim())
            .ok_or_else(|| Problem::new(Code::TokenInvalid))?;
        let claims =
            access
                .verifier
                .verify(token, access.clock.now())
                .map_err(|error| match error {
                    VerifyError::Expired => Problem::new(Code::TokenExpired),
                    VerifyError::Invalid => Problem::new(Code::TokenInvalid),
                })?;
        Ok(Bearer(Caller {
            user_id: claims.sub,
            session_id: claims.sid,
            role: claims.role,
        }))
    }
}
