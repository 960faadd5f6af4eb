//! Giving uses back. There is one statement for it, so that a use is given back exactly once whatever the reason.

/// A statement that moves applications out of an open state and gives their uses back.
///
/// `with` holds CTEs (each followed by a comma) of which the last is `target (id, promo_id)`: what may be released.
/// `from` is the state they must be in, `set` the assignments. Usage rows are locked first and in the order of their
/// ids, as applying does, so that no two statements wait for each other. The rows of `released` are returned.
pub(crate) fn statement(with: &str, from: &str, set: &str) -> String {
    format!(
        "WITH {with}
        usage AS (
            SELECT promo_id FROM promo_usage WHERE promo_id IN (SELECT promo_id FROM target)
            ORDER BY promo_id FOR UPDATE
        ),
        released AS (
            UPDATE applications SET {set}
            FROM usage
            WHERE applications.promo_id = usage.promo_id
                AND applications.id IN (SELECT id FROM target) AND applications.state = '{from}'
            RETURNING applications.id, applications.promo_id
        ),
        given_back AS (
            UPDATE promo_usage SET taken = promo_usage.taken - freed.uses
            FROM (SELECT promo_id, count(*) AS uses FROM released GROUP BY promo_id) AS freed
            WHERE promo_usage.promo_id = freed.promo_id
        )
        SELECT id FROM released"
    )
}
