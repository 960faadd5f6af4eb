//! What must always hold between the tables.

use pg::{AdHoc, PgError, Type};
use uuid::Uuid;

use crate::LoyaltyStore;

/// What an audit looks at: these promo codes with their campaigns, and all that these users have.
#[derive(Debug, Clone, Copy, Default)]
pub struct Audited<'a> {
    /// The promo codes.
    pub promos: &'a [i64],
    /// The users.
    pub users: &'a [Uuid],
}

/// Counters that are not the sum of the live applications, stripe by stripe; quotas that do not add up to the limit or
/// are exceeded, or budgets that count two currencies; applications, purchases, subscriptions and the ledger where they
/// do not fit; purchases and refunds that were not told; holds that nobody gave back. $1 and $2: the promo codes and the
/// users to look at, NULL for all.
const CONTRADICTIONS: &str = "
    WITH live AS (
        SELECT 'promo' AS scope, promo_id AS scope_id, stripe, price_minor - total_minor AS minor, currency
        FROM applications WHERE state IN ('applied', 'paying', 'used')
        UNION ALL
        SELECT 'campaign', campaign_id, campaign_stripe, price_minor - total_minor, currency
        FROM applications WHERE state IN ('applied', 'paying', 'used') AND campaign_id IS NOT NULL
    ),
    counted AS (
        SELECT scope, scope_id, stripe, count(*) AS taken, sum(minor) AS spent_minor FROM live GROUP BY 1, 2, 3
    ),
    mine AS (
        SELECT 'promo' AS scope, id, total_limit, budget_minor, currency FROM promo_codes
        WHERE $1 IS NULL OR id = ANY ($1)
        UNION ALL
        SELECT 'campaign', id, total_limit, budget_minor, currency FROM campaigns
        WHERE $1 IS NULL OR id IN (SELECT campaign_id FROM promo_codes WHERE id = ANY ($1))
    )
    SELECT scope || ' ' || scope_id || ', stripe ' || stripe || ': ' || coalesce(c.taken, 0) || ' taken for '
        || coalesce(c.spent_minor, 0) || ', but ' || coalesce(l.taken, 0) || ' held or used for '
        || coalesce(l.spent_minor, 0)
    FROM usage_counters c FULL JOIN counted l USING (scope, scope_id, stripe)
    WHERE (scope, scope_id) IN (SELECT scope, id FROM mine)
        AND (coalesce(c.taken, 0), coalesce(c.spent_minor, 0)) <> (coalesce(l.taken, 0), coalesce(l.spent_minor, 0))
    UNION ALL
    SELECT m.scope || ' ' || m.id || ': the quotas add up to ' || coalesce(sum(c.quota)::text, 'no limit') || ' and '
        || coalesce(sum(c.quota_minor)::text, 'no limit') || ', not to ' || coalesce(m.total_limit::text, 'no limit')
        || ' and ' || coalesce(m.budget_minor::text, 'no limit')
    FROM mine m JOIN usage_counters c ON c.scope = m.scope AND c.scope_id = m.id
    GROUP BY m.scope, m.id, m.total_limit, m.budget_minor
    HAVING (sum(c.quota), sum(c.quota_minor)) IS DISTINCT FROM (m.total_limit::numeric, m.budget_minor::numeric)
    UNION ALL
    SELECT DISTINCT m.scope || ' ' || m.id || ' has a budget in ' || m.currency || ' and uses in ' || l.currency
    FROM mine m JOIN live l ON l.scope = m.scope AND l.scope_id = m.id
    WHERE m.budget_minor IS NOT NULL AND l.currency <> m.currency
    UNION ALL
    SELECT 'application ' || a.id || ' is ' || a.state || ' with purchases '
        || coalesce(string_agg(b.status, ', '), 'none')
    FROM applications a
    LEFT JOIN purchases b ON b.application_id = a.id
    WHERE $1 IS NULL OR a.promo_id = ANY ($1) OR a.user_id = ANY ($2)
    GROUP BY a.id, a.state, a.cancel_reason
    HAVING count(b.id) FILTER (WHERE b.status = 'pending') <> (a.state = 'paying')::int
        OR count(b.id) FILTER (WHERE b.status = 'paid') > (a.state = 'used')::int
        -- What was refunded keeps its use or gives it back: the code says which.
        OR count(b.id) FILTER (WHERE b.status IN ('paid', 'refunded'))
            <> (a.state = 'used' OR coalesce(a.cancel_reason = 'refunded', false))::int
    UNION ALL
    SELECT 'purchase ' || b.id || ' is ' || b.status || ' for ' || b.total_minor || ' with ' || count(s.purchase_id)
        || ' subscriptions, ' || l.paid || ' paid and ' || l.back || ' paid back; refunds of ' || r.back || ' have come off, '
        || r.late || ' are due for late money'
    FROM purchases b
    LEFT JOIN applications a ON a.id = b.application_id
    LEFT JOIN subscriptions s ON s.purchase_id = b.id
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(amount_minor) FILTER (WHERE kind = 'payment'), 0) AS paid,
            coalesce(-sum(amount_minor) FILTER (WHERE kind = 'refund'), 0) AS back
        FROM ledger WHERE purchase_id = b.id
    ) AS l
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(amount_minor) FILTER (WHERE status = 'succeeded'), 0) AS back,
            coalesce(sum(amount_minor) FILTER (WHERE cause = 'late_payment'), 0) AS late
        FROM refunds WHERE purchase_id = b.id
    ) AS r
    WHERE $1 IS NULL OR a.promo_id = ANY ($1) OR b.user_id = ANY ($2)
    GROUP BY b.id, b.status, b.total_minor, l.paid, l.back, r.back, r.late
    HAVING count(s.purchase_id) <> (b.status IN ('paid', 'refunded'))::int
        OR l.back <> r.back
        OR l.paid <> CASE WHEN b.status IN ('paid', 'refunded') THEN b.total_minor ELSE r.late END
        OR (b.status = 'refunded') <> (b.status IN ('paid', 'refunded') AND l.paid > 0 AND l.back >= l.paid)
    UNION ALL
    SELECT 'the subscription of purchase ' || one.purchase_id || ' overlaps that of purchase ' || other.purchase_id
    FROM subscriptions one
    JOIN subscriptions other ON other.user_id = one.user_id AND other.tariff_id = one.tariff_id
        AND other.purchase_id > one.purchase_id
        AND tstzrange(other.starts_at, other.ends_at) && tstzrange(one.starts_at, one.ends_at)
    WHERE $2 IS NULL OR one.user_id = ANY ($2)
    UNION ALL
    SELECT 'application ' || a.id || ' is held since ' || a.created_at || ' until ' || a.expires_at || ', and user '
        || a.user_id || ' is ' || coalesce(u.status, 'unknown')
    FROM applications a LEFT JOIN users u ON u.id = a.user_id
    WHERE a.state = 'applied' AND ($1 IS NULL OR a.promo_id = ANY ($1) OR a.user_id = ANY ($2))
        AND (a.expires_at < now() - interval '1 minute'
            -- Of all alone: who looks at some may have set a status on one side.
            OR ($1 IS NULL AND u.status IS DISTINCT FROM 'active' AND u.updated_at < now() - interval '1 minute'))";

/// Users of whom not every paid purchase and every refund of one was told once. The count is there as long as the
/// purchases are. Events are removed the oldest first: what follows on one that is kept is kept too. $1 and $2: as above;
/// the users, and those who have held a use of one of the codes.
const NOT_TOLD: &str = "
    WITH mine AS (SELECT user_id FROM applications WHERE promo_id = ANY ($1) UNION SELECT unnest($2)),
    due AS (
        SELECT user_id, count(*) AS events FROM (
            SELECT user_id FROM purchases WHERE status IN ('paid', 'refunded')
            UNION ALL
            SELECT b.user_id FROM refunds r JOIN purchases b ON b.id = r.purchase_id
            WHERE r.status = 'succeeded' AND b.status IN ('paid', 'refunded')
        ) AS happened
        WHERE $1 IS NULL OR user_id IN (SELECT user_id FROM mine)
        GROUP BY user_id
    ),
    counted AS (
        SELECT user_id, last FROM purchase_event_counts WHERE $1 IS NULL OR user_id IN (SELECT user_id FROM mine)
    ),
    kept AS (
        SELECT user_id, min(sequence) AS first, max(sequence) AS last, count(*) AS events FROM outbox
        WHERE $1 IS NULL OR user_id IN (SELECT user_id FROM mine)
        GROUP BY user_id
    )
    SELECT 'user ' || user_id || ' has ' || coalesce(c.last, 0) || ' events, not ' || coalesce(d.events, 0)
        || ' for all purchases that are paid and refunds of them'
    FROM counted c FULL JOIN due d USING (user_id) WHERE coalesce(c.last, 0) <> coalesce(d.events, 0)
    UNION ALL
    SELECT 'user ' || user_id || ' has ' || coalesce(c.last, 0) || ' events; of the events ' || k.first || ' to ' || k.last
        || ' there are ' || k.events
    FROM kept k LEFT JOIN counted c USING (user_id)
    WHERE k.last IS DISTINCT FROM c.last OR k.events <> k.last - k.first + 1";

impl LoyaltyStore {
    /// Everything that contradicts itself, in words; empty when all is well. Looks at what `of` names, or at everything.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn contradictions(&self, of: Option<Audited<'_>>) -> Result<Vec<String>, PgError> {
        let (promos, users) = of.map(|of| (of.promos, of.users)).unzip();
        let params: [pg::Param; 2] = [(&promos, Type::INT8_ARRAY), (&users, Type::UUID_ARRAY)];
        let mut found = vec![];
        for sql in [CONTRADICTIONS, NOT_TOLD] {
            for row in self.pool.rows_of_all(sql, &params).await? {
                found.push(row.try_get(0)?);
            }
        }
        Ok(found)
    }
}
