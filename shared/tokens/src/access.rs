//! What an access token says.

use domain::Role;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Who issues the tokens (`iss`).
pub const ISSUER: &str = "loyalty-auth";
/// Whom they are for (`aud`).
pub const AUDIENCE: &str = "loyalty-api";
/// The header's `typ` (RFC 9068), so that no other kind of token passes for an access token.
pub(crate) const TYPE: &str = "at+jwt";
/// The life of an access token.
pub const ACCESS_TTL: SignedDuration = SignedDuration::from_mins(10);
/// How far two machines' clocks may be apart.
pub const LEEWAY: SignedDuration = SignedDuration::from_secs(30);

/// The claims of an access token. Times are seconds since 1970, UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The ID of the user.
    pub sub: Uuid,
    /// The session, which may be revoked before the token expires.
    pub sid: Uuid,
    /// The user's role.
    pub role: Role,
    /// Always [`ISSUER`].
    pub iss: String,
    /// Always [`AUDIENCE`].
    pub aud: String,
    /// When it was issued.
    pub iat: i64,
    /// Until when it is good.
    pub exp: i64,
}
