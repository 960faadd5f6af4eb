//! Giving uses back. There is one statement for it, so that a use is given back exactly once whatever the reason.

/// A statement that moves applications out of an open state and gives their uses back. Returns the rows of `released`.
/// See [`ctes`].
pub(crate) fn statement(with: &str, from: &str, set: &str) -> String {
    format!("{} SELECT id FROM released", ctes(with, from, set))
}

/// The same without its last SELECT, which reads from `with` and from `released (id)`.
///
/// `with` holds CTEs (each followed by a comma) of which the last is `target (id)`: what may be released. `from` is the
/// state they must be in, `set` the assignments. Counters are locked before applications and in a fixed order, promo
/// codes before campaigns as in taking, so that no two statements wait for each other.
pub(crate) fn ctes(with: &str, from: &str, set: &str) -> String {
    format!(
        "WITH {with}
        held AS (
            SELECT id, promo_id, stripe, campaign_id, campaign_stripe FROM applications
            WHERE id IN (SELECT id FROM target) AND state = '{from}'
        ),
        counters AS (
            SELECT FROM usage_counters
            WHERE (scope, scope_id, stripe) IN (
                SELECT 'promo', promo_id, stripe FROM held
                UNION SELECT 'campaign', campaign_id, campaign_stripe FROM held
            )
            ORDER BY scope DESC, scope_id, stripe FOR UPDATE
        ),
        released AS (
            UPDATE applications SET {set}
            -- Reading the count is what takes the locks first.
            WHERE id IN (SELECT id FROM held) AND state = '{from}' AND (SELECT count(*) FROM counters) > 0
            RETURNING id, promo_id, stripe, campaign_id, campaign_stripe, price_minor - total_minor AS discount_minor
        ),
        freed AS (
            SELECT scope, scope_id, stripe, count(*) AS uses, sum(discount_minor) AS minor
            FROM (
                SELECT 'promo' AS scope, promo_id AS scope_id, stripe, discount_minor FROM released
                UNION ALL SELECT 'campaign', campaign_id, campaign_stripe, discount_minor FROM released
            ) AS uses
            GROUP BY scope, scope_id, stripe
        ),
        given_back AS (
            UPDATE usage_counters AS c SET taken = c.taken - freed.uses, spent_minor = c.spent_minor - freed.minor
            FROM freed
            WHERE c.scope = freed.scope AND c.scope_id = freed.scope_id AND c.stripe = freed.stripe
        )"
    )
}
