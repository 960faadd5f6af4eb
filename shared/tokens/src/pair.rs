//! The answer to a sign-in and to a refresh.

use std::fmt;

use domain::Role;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::access::ACCESS_TTL;
use crate::issuer::{Issuer, SigningError};
use crate::refresh::RefreshToken;

/// An access token, and a refresh token to renew it.
#[derive(Clone, Serialize, ToSchema)]
pub struct TokenPair {
    /// Send it with every call as `Authorization: Bearer …`.
    access_token: String,
    /// Always `Bearer`.
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// Seconds until the access token expires.
    #[schema(example = 600)]
    expires_in: i64,
    /// Can be used once; the answer has the next one.
    refresh_token: String,
    /// Seconds until the refresh token expires.
    #[schema(example = 2_592_000)]
    refresh_expires_in: i64,
}

impl TokenPair {
    /// A new access token for `user` in session `sid`, together with `refresh`, which expires at `refresh_expires_at`.
    ///
    /// # Errors
    /// [`SigningError`], a bug.
    pub fn new(
        issuer: &Issuer,
        (user, sid, role): (Uuid, Uuid, Role),
        refresh: &RefreshToken,
        refresh_expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<TokenPair, SigningError> {
        Ok(TokenPair {
            access_token: issuer.issue(user, sid, role, now)?,
            token_type: "Bearer",
            expires_in: ACCESS_TTL.as_secs(),
            refresh_token: refresh.as_str().to_owned(),
            refresh_expires_in: refresh_expires_at.as_second() - now.as_second(),
        })
    }
}

impl fmt::Debug for TokenPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenPair(…)")
    }
}
