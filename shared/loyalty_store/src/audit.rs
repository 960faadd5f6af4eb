//! Invariants across the tables.

use pg::PgError;
use uuid::Uuid;

use crate::LoyaltyStore;

/// What an audit looks at: the promotions of these promo codes with their campaigns, and all that these users have.
#[derive(Debug, Clone, Copy, Default)]
pub struct Audited<'a> {
    /// The promo codes.
    pub promos: &'a [i64],
    /// The users.
    pub users: &'a [Uuid],
}

pg::statements! {
    /// Counters that are not the sum of the live applications, stripe by stripe and code by code; quotas that do not add up
    /// to the limit, or budgets that count two currencies; applications that name what there is not. $1: the promo codes
    /// whose promotions and campaigns to look at, NULL for all.
    WRONG_COUNTERS(INT8_ARRAY) = "
        WITH mine AS (
            SELECT 'promotion' AS scope, p.id, p.total_limit, p.budget_minor, p.currency FROM promotions p
            WHERE $1 IS NULL OR p.id IN (SELECT c.promotion_id FROM promo_codes c WHERE c.id = ANY ($1))
            UNION ALL
            SELECT 'campaign', m.id, m.total_limit, m.budget_minor, m.currency FROM campaigns m
            WHERE $1 IS NULL OR m.id IN (
                SELECT p.campaign_id FROM promo_codes c JOIN promotions p ON p.id = c.promotion_id WHERE c.id = ANY ($1)
            )
        ), live AS (
            SELECT 'promotion' AS scope, a.promotion_id AS id, a.stripe, a.price_minor - a.total_minor AS minor, a.currency
            FROM applications a
            WHERE a.state IN ('applied', 'paying', 'used')
                AND ($1 IS NULL OR a.promotion_id IN (SELECT m.id FROM mine m WHERE m.scope = 'promotion'))
            UNION ALL
            SELECT 'campaign', a.campaign_id, a.campaign_stripe, a.price_minor - a.total_minor, a.currency
            FROM applications a
            WHERE a.state IN ('applied', 'paying', 'used') AND a.campaign_id IS NOT NULL
                AND ($1 IS NULL OR a.campaign_id IN (SELECT m.id FROM mine m WHERE m.scope = 'campaign'))
        ), counted AS (
            SELECT l.scope, l.id, l.stripe, count(*) AS taken, sum(l.minor) AS spent_minor
            FROM live l GROUP BY l.scope, l.id, l.stripe
        ), counters AS (
            SELECT 'promotion' AS scope, s.promotion_id AS id, s.stripe, s.taken, s.spent_minor, s.quota, s.quota_minor
            FROM promotion_usage s
            WHERE $1 IS NULL OR s.promotion_id IN (SELECT m.id FROM mine m WHERE m.scope = 'promotion')
            UNION ALL
            SELECT 'campaign', s.campaign_id, s.stripe, s.taken, s.spent_minor, s.quota, s.quota_minor
            FROM campaign_usage s
            WHERE $1 IS NULL OR s.campaign_id IN (SELECT m.id FROM mine m WHERE m.scope = 'campaign')
        )
        SELECT scope || ' ' || id || ', stripe ' || coalesce(stripe::text, 'none') || ': ' || coalesce(c.taken, 0)
            || ' taken for ' || coalesce(c.spent_minor, 0) || ', but ' || coalesce(l.taken, 0) || ' held or used for '
            || coalesce(l.spent_minor, 0)
        FROM counters c FULL JOIN counted l USING (scope, id, stripe)
        WHERE (coalesce(c.taken, 0), coalesce(c.spent_minor, 0)) <> (coalesce(l.taken, 0), coalesce(l.spent_minor, 0))
        UNION ALL
        SELECT m.scope || ' ' || m.id || ': the quotas add up to ' || coalesce(sum(c.quota)::text, 'no limit') || ' and '
            || coalesce(sum(c.quota_minor)::text, 'no limit') || ', with ' || coalesce(sum(c.taken), 0) || ' taken for '
            || coalesce(sum(c.spent_minor), 0) || ' of ' || coalesce(m.total_limit::text, 'no limit') || ' and '
            || coalesce(m.budget_minor::text, 'no limit')
        FROM mine m LEFT JOIN counters c ON c.scope = m.scope AND c.id = m.id
        GROUP BY m.scope, m.id, m.total_limit, m.budget_minor
        -- Nothing is given while more is taken than a limit allows.
        HAVING (m.total_limit IS NOT NULL AND count(*) > count(c.quota))
            OR (m.budget_minor IS NOT NULL AND count(*) > count(c.quota_minor))
            OR (sum(c.quota), sum(c.quota_minor)) IS DISTINCT FROM (
            CASE WHEN sum(c.taken) > m.total_limit THEN 0 ELSE m.total_limit END::numeric,
            CASE WHEN sum(c.spent_minor) > m.budget_minor THEN 0 ELSE m.budget_minor END::numeric
        )
        UNION ALL
        SELECT c.scope || ' ' || c.id || ', stripe ' || c.stripe || ': ' || c.taken || ' taken for ' || c.spent_minor
            || ' of a quota of ' || coalesce(c.quota::text, 'no limit') || ' and '
            || coalesce(c.quota_minor::text, 'no limit')
        FROM counters c
        WHERE (c.quota > 0 AND c.taken > c.quota) OR (c.quota_minor > 0 AND c.spent_minor > c.quota_minor)
        UNION ALL
        SELECT DISTINCT m.scope || ' ' || m.id || ' has a budget in ' || m.currency || ' and uses in ' || l.currency
        FROM mine m JOIN live l ON l.scope = m.scope AND l.id = m.id
        WHERE m.budget_minor IS NOT NULL AND l.currency <> m.currency
        UNION ALL
        SELECT 'code ' || c.id || ' counts ' || c.uses || ' uses, but ' || coalesce(l.uses, 0) || ' are held or used'
        FROM promo_codes c
        LEFT JOIN (
            SELECT a.code_id, count(*) AS uses FROM applications a
            WHERE a.code_counted AND a.state IN ('applied', 'paying', 'used') AND ($1 IS NULL OR a.code_id = ANY ($1))
            GROUP BY a.code_id
        ) AS l ON l.code_id = c.id
        WHERE ($1 IS NULL OR c.id = ANY ($1)) AND c.uses <> coalesce(l.uses, 0)
        UNION ALL
        SELECT 'application ' || a.id || ' names ' || concat_ws(', ',
            CASE WHEN c.id IS NULL THEN 'code ' || a.code_id END,
            CASE WHEN p.id IS NULL THEN 'promotion ' || a.promotion_id END,
            CASE WHEN m.id IS NULL THEN 'campaign ' || a.campaign_id END,
            CASE WHEN t.id IS NULL THEN 'tariff ' || a.tariff_id END
        ) || ', of which there is none'
        FROM applications a
        LEFT JOIN promo_codes c ON c.id = a.code_id
        LEFT JOIN promotions p ON p.id = a.promotion_id
        LEFT JOIN campaigns m ON m.id = a.campaign_id
        LEFT JOIN tariffs t ON t.id = a.tariff_id
        WHERE ($1 IS NULL OR a.promotion_id IN (SELECT m.id FROM mine m WHERE m.scope = 'promotion'))
            AND (c.id IS NULL OR p.id IS NULL OR t.id IS NULL OR (m.id IS NULL AND a.campaign_id IS NOT NULL))";

    /// Applications, purchases, subscriptions and the ledger where they contradict each other; expired applications that
    /// were never released, or released too early; waivers by nobody. $1 and $2: the promo codes whose promotions to look
    /// at, and the users; NULL for all.
    WRONG_PURCHASES(INT8_ARRAY, UUID_ARRAY) = "
        WITH mine AS (SELECT c.promotion_id FROM promo_codes c WHERE c.id = ANY ($1))
        SELECT 'application ' || a.id || ' is ' || a.state || ' with purchases '
            || coalesce(string_agg(b.status, ', '), 'none')
        FROM applications a
        LEFT JOIN purchases b ON b.application_id = a.id
        WHERE $1 IS NULL OR a.promotion_id IN (SELECT mine.promotion_id FROM mine) OR a.user_id = ANY ($2)
        GROUP BY a.id, a.state, a.cancel_reason
        HAVING count(b.id) FILTER (WHERE b.status = 'pending') <> (a.state = 'paying')::int
            OR count(b.id) FILTER (WHERE b.status = 'paid') > (a.state = 'used')::int
            -- A refund keeps the use or releases it: the promotion says which.
            OR count(b.id) FILTER (WHERE b.status IN ('paid', 'refunded', 'revoked'))
                <> (a.state = 'used' OR coalesce(a.cancel_reason IN ('refunded', 'revoked'), false))::int
        UNION ALL
        SELECT 'application ' || a.id || ' is of person ' || a.person_id || ', but user ' || u.id || ' is '
            || coalesce(u.first_account_id, u.id)
        FROM applications a JOIN users u ON u.id = a.user_id
        WHERE ($1 IS NULL OR a.promotion_id IN (SELECT mine.promotion_id FROM mine) OR a.user_id = ANY ($2))
            AND a.person_id <> coalesce(u.first_account_id, u.id)
        UNION ALL
        SELECT 'purchase ' || b.id || ' is ' || b.status || ' for ' || b.total_minor || ' with ' || count(s.purchase_id)
            || ' subscriptions, ' || l.paid || ' paid and ' || l.back || ' paid back; refunds of ' || r.back
            || ' have come off, ' || r.late || ' are due for late money'
        FROM purchases b
        LEFT JOIN applications a ON a.id = b.application_id
        LEFT JOIN subscriptions s ON s.purchase_id = b.id
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(e.amount_minor) FILTER (WHERE e.kind = 'payment'), 0) AS paid,
                coalesce(-sum(e.amount_minor) FILTER (WHERE e.kind = 'refund'), 0) AS back
            FROM ledger e WHERE e.purchase_id = b.id
        ) AS l
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(e.amount_minor) FILTER (WHERE e.status = 'succeeded'), 0) AS back,
                coalesce(sum(e.amount_minor) FILTER (WHERE e.cause = 'late_payment'), 0) AS late
            FROM refunds e WHERE e.purchase_id = b.id
        ) AS r
        WHERE $1 IS NULL OR a.promotion_id IN (SELECT mine.promotion_id FROM mine) OR b.user_id = ANY ($2)
        GROUP BY b.id, b.status, b.total_minor, l.paid, l.back, r.back, r.late
        HAVING count(s.purchase_id) <> (b.status IN ('paid', 'refunded', 'revoked'))::int
            OR l.back <> r.back
            OR l.paid <> CASE WHEN b.status IN ('paid', 'refunded', 'revoked') THEN b.total_minor ELSE r.late END
            OR (b.status = 'refunded') <> (b.status IN ('paid', 'refunded') AND l.paid > 0 AND l.back >= l.paid)
        UNION ALL
        -- What staff give is in the audit log, and nothing was paid for it: checked above, as its total is 0.
        SELECT 'purchase ' || b.id || ' was given by ' || b.given_by || ' for ' || b.total_minor
            || ', and the audit log has nothing about it'
        FROM purchases b
        WHERE b.given_by IS NOT NULL AND ($1 IS NULL OR b.user_id = ANY ($2))
            AND NOT EXISTS (
                SELECT FROM staff_changes c
                WHERE c.resource = 'subscription' AND c.resource_id = b.id::text AND c.action = 'give'
                    AND c.actor_id = b.given_by AND c.user_id = b.user_id
            )
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
        WHERE a.state = 'applied'
            AND ($1 IS NULL OR a.promotion_id IN (SELECT mine.promotion_id FROM mine) OR a.user_id = ANY ($2))
            AND (a.expires_at < now() - interval '1 minute'
                -- Of all alone: who looks at some may have set a status on one side.
                OR ($1 IS NULL AND u.status IS DISTINCT FROM 'active' AND u.updated_at < now() - interval '1 minute'))
        UNION ALL
        SELECT 'application ' || a.id || ' expired at ' || a.updated_at || ', but was held until ' || a.expires_at
        FROM applications a
        WHERE a.state = 'expired' AND a.expires_at > a.updated_at
            AND ($1 IS NULL OR a.promotion_id IN (SELECT mine.promotion_id FROM mine) OR a.user_id = ANY ($2))
        UNION ALL
        SELECT 'application ' || a.id || ' has waived rules, and nobody who waived them'
        FROM applications a
        WHERE cardinality(a.waived) > 0 AND (a.applied_by IS NULL OR a.reason IS NULL)
            AND ($1 IS NULL OR a.promotion_id IN (SELECT mine.promotion_id FROM mine) OR a.user_id = ANY ($2))";

    /// Users of whom not every paid purchase and every refund of one has one event. The count is there as long as the
    /// purchases are. Events are removed the oldest first: what follows on one that is kept is kept too. $1 and $2: as
    /// above; the users, and those who have held a use of one of the promotions.
    WRONG_EVENTS(INT8_ARRAY, UUID_ARRAY) = "
        WITH mine AS (
            SELECT a.user_id FROM applications a
            WHERE a.promotion_id IN (SELECT c.promotion_id FROM promo_codes c WHERE c.id = ANY ($1))
            UNION SELECT unnest($2)
        ), due AS (
            SELECT happened.user_id, count(*) AS events FROM (
                SELECT b.user_id FROM purchases b WHERE b.status IN ('paid', 'refunded', 'revoked')
                UNION ALL
                SELECT b.user_id FROM purchases b WHERE b.status = 'revoked'
                UNION ALL
                SELECT b.user_id FROM refunds r JOIN purchases b ON b.id = r.purchase_id
                WHERE r.status = 'succeeded' AND b.status IN ('paid', 'refunded', 'revoked')
            ) AS happened
            WHERE $1 IS NULL OR happened.user_id IN (SELECT mine.user_id FROM mine)
            GROUP BY happened.user_id
        ), counted AS (
            SELECT e.user_id, e.last FROM purchase_event_counts e
            WHERE $1 IS NULL OR e.user_id IN (SELECT mine.user_id FROM mine)
        ), kept AS (
            SELECT o.user_id, min(o.sequence) AS first, max(o.sequence) AS last, count(*) AS events FROM outbox o
            WHERE $1 IS NULL OR o.user_id IN (SELECT mine.user_id FROM mine)
            GROUP BY o.user_id
        )
        SELECT 'user ' || user_id || ' has ' || coalesce(c.last, 0) || ' events, not ' || coalesce(d.events, 0)
            || ' for all purchases that are paid and refunds of them'
        FROM counted c FULL JOIN due d USING (user_id) WHERE coalesce(c.last, 0) <> coalesce(d.events, 0)
        UNION ALL
        SELECT 'user ' || user_id || ' has ' || coalesce(c.last, 0) || ' events; of the events ' || k.first || ' to '
            || k.last || ' there are ' || k.events
        FROM kept k LEFT JOIN counted c USING (user_id)
        WHERE k.last IS DISTINCT FROM c.last OR k.events <> k.last - k.first + 1";
}

impl LoyaltyStore {
    /// All contradictions, in words; empty when all is well. Looks at what `of` names, or at everything.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn contradictions(&self, of: Option<Audited<'_>>) -> Result<Vec<String>, PgError> {
        let (promos, users) = of.map(|of| (of.promos, of.users)).unzip();
        let (counters, purchases, events) = (
            self.pool.fetch_slowly(&WRONG_COUNTERS, &[&promos]).await?,
            self.pool
                .fetch_slowly(&WRONG_PURCHASES, &[&promos, &users])
                .await?,
            self.pool
                .fetch_slowly(&WRONG_EVENTS, &[&promos, &users])
                .await?,
        );
        let rows = counters.iter().chain(&purchases).chain(&events);
        rows.map(|row| Ok(row.try_get(0)?)).collect()
    }
}
