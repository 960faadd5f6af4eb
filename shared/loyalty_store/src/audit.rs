//! What must always hold between the tables.

use pg::{PgError, Type};

use crate::LoyaltyStore;

/// Counters that are not the sum of the live applications, stripe by stripe; quotas that do not add up to the limit or
/// are exceeded; and applications with purchases and subscriptions that do not fit. $1: the promo codes to look at, NULL
/// for all.
const CONTRADICTIONS: &str = "
    WITH live AS (
        SELECT 'promo' AS scope, promo_id AS scope_id, stripe, price_minor - total_minor AS minor
        FROM applications WHERE state IN ('applied', 'paying', 'used')
        UNION ALL
        SELECT 'campaign', campaign_id, campaign_stripe, price_minor - total_minor
        FROM applications WHERE state IN ('applied', 'paying', 'used') AND campaign_id IS NOT NULL
    ),
    counted AS (
        SELECT scope, scope_id, stripe, count(*) AS taken, sum(minor) AS spent_minor FROM live GROUP BY 1, 2, 3
    ),
    mine AS (
        SELECT 'promo' AS scope, id, total_limit, budget_minor FROM promo_codes WHERE $1 IS NULL OR id = ANY ($1)
        UNION ALL
        SELECT 'campaign', id, total_limit, budget_minor FROM campaigns
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
    SELECT 'application ' || a.id || ' is ' || a.state || ' with ' || count(b.id) FILTER (WHERE b.status = 'pending')
        || ' pending and ' || count(b.id) FILTER (WHERE b.status = 'paid') || ' paid purchases, '
        || count(s.purchase_id) || ' subscriptions'
    FROM applications a
    LEFT JOIN purchases b ON b.application_id = a.id
    LEFT JOIN subscriptions s ON s.purchase_id = b.id
    WHERE $1 IS NULL OR a.promo_id = ANY ($1)
    GROUP BY a.id, a.state
    HAVING count(b.id) FILTER (WHERE b.status = 'pending') <> (a.state = 'paying')::int
        OR count(b.id) FILTER (WHERE b.status = 'paid') <> (a.state = 'used')::int
        OR count(s.purchase_id) <> (a.state = 'used')::int";

impl LoyaltyStore {
    /// Everything that contradicts itself, in words; empty when all is well. Looks at these promo codes and their
    /// campaigns, or at everything.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn contradictions(&self, promos: Option<&[i64]>) -> Result<Vec<String>, PgError> {
        let rows = self
            .pool
            .rows(CONTRADICTIONS, &[(&promos, Type::INT8_ARRAY)])
            .await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }
}
