//! Proof of who is calling: access tokens (signed, 10 minutes), refresh tokens (opaque, rotated) and revoked sessions.

mod access;
mod issuer;
mod jwks;
pub mod keys;
mod pair;
mod refresh;
mod revocation;
mod verifier;

pub use access::{ACCESS_TTL, AUDIENCE, Claims, ISSUER, LEEWAY};
pub use issuer::{Issuer, SigningError};
pub use jwks::Jwks;
pub use pair::TokenPair;
pub use refresh::{
    NotARefreshToken, REFRESH_TTL, RefreshClaims, RefreshKey, RefreshToken, SESSION_LIFETIME,
};
pub use revocation::{Revocations, SessionStatus};
pub use verifier::{Verifier, VerifyError};
