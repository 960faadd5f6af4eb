//! Which request a change belongs to, so that a repeated one changes nothing.

/// An `Idempotency-Key` with the request that it came with, both as SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestKey {
    /// The key.
    pub key: [u8; 32],
    /// The method, the path, the query and the body.
    pub fingerprint: [u8; 32],
}
