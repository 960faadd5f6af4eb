//! What waits for the payment provider, and when it is polled.

use jiff::SignedDuration;

/// How long the provider may take to report before it is polled.
pub(crate) const POLL_AFTER: SignedDuration = SignedDuration::from_secs(60);

/// The beginning of a statement that takes up to $2 rows of a table that wait for the provider, as `$waits` says, and are due
/// at $1, as `taken (id)`. Each is
/// then left alone for a minute, and for longer the older it is: half its age. Several callers get different ones.
macro_rules! take_due {
    ($table:literal, $waits:literal, $select:expr) => {
        concat!(
            "WITH due AS (
                SELECT d.id FROM ",
            $table,
            " d WHERE d.",
            $waits,
            " AND d.check_at <= $1
                ORDER BY d.check_at LIMIT $2 FOR UPDATE SKIP LOCKED
            ), taken AS (
                UPDATE ",
            $table,
            " t SET check_at = $1 + greatest(interval '1 minute', ($1 - t.created_at) / 2)
                FROM due WHERE t.id = due.id
                RETURNING t.id
            ) ",
            $select
        )
    };
}
pub(crate) use take_due;
