-- The statements of the busiest calls, as functions: Postgres plans what is in a function once in a session, and what
-- comes over the wire each time. Planning took six times as long as running. See docs/adr/0010-cached-plans.md.
--
-- Functions with new behaviour get new names, so that those that are deployed go on while the migration runs.

-- What staff have entered, as rules read it.
CREATE VIEW entered AS
SELECT    p.id AS promo_id, p.code, p.title, p.status, p.effect, p.effect_minor, p.effect_basis_points, p.effect_cap_minor,
    p.effect_days, p.starts_at, p.ends_at, p.total_limit, p.per_user_limit, p.tariff_ids, p.audience,
    p.audience_user_id, p.audience_group_ids, p.time_zone, p.weekdays, p.hours_from, p.hours_to, p.per_user_period,
    p.min_price_minor, p.first_purchase_only, p.listed, p.budget_minor, p.version,
    m.id AS campaign_id, m.status AS campaign_status, m.total_limit AS campaign_limit,
    m.budget_minor AS campaign_budget_minor, m.version AS campaign_version
FROM promo_codes p LEFT JOIN campaigns m ON m.id = p.campaign_id;

-- All that a decision about the user $1, at the time $2, looks at: the promo code with the number $3 or one of the
-- texts $4, the first that there is, and the tariff $5. One row, with NULL for what there is not.
CREATE FUNCTION facts_of(uuid, timestamptz, bigint, text[], bigint) RETURNS TABLE (
    promo_id bigint, code text, title text, status text, effect text, effect_minor bigint, effect_basis_points integer,
    effect_cap_minor bigint, effect_days integer, starts_at timestamptz, ends_at timestamptz, total_limit bigint,
    per_user_limit integer, tariff_ids bigint[], audience text, audience_user_id uuid, audience_group_ids bigint[],
    time_zone text, weekdays smallint[], hours_from time, hours_to time, per_user_period text, min_price_minor bigint,
    first_purchase_only boolean, listed boolean, budget_minor bigint, version bigint,
    campaign_id bigint, campaign_status text, campaign_limit bigint, campaign_budget_minor bigint, campaign_version bigint,
    tariff_id bigint, tariff_title text, price_minor bigint, currency text, period_months integer, tariff_status text,
    taken bigint, spent_minor bigint, campaign_taken bigint, campaign_spent_minor bigint, user_status text,
    user_groups bigint[], has_purchased boolean, own_uses json,
    -- Whether holds that count against the limits have run out and were not given back yet.
    lapsed boolean
) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY SELECT p.*, t.id, t.title, t.price_minor, t.currency::text, t.period_months, t.status,
        coalesce(used.taken, 0), coalesce(used.spent_minor, 0), coalesce(used_of_campaign.taken, 0),
        coalesce(used_of_campaign.spent_minor, 0),
        (SELECT u.status FROM users u WHERE u.id = $1),
        ARRAY(SELECT group_id FROM group_members WHERE user_id = $1),
        EXISTS (SELECT FROM purchases b WHERE b.user_id = $1 AND b.status = 'paid'),
        coalesce(
            (SELECT json_agg(json_build_object(
                'application_id', a.id, 'promo_id', a.promo_id, 'tariff_id', a.tariff_id, 'state', a.state,
                'slot', a.slot, 'period', a.period, 'expires_at', a.expires_at))
            FROM applications a WHERE a.user_id = $1 AND a.state IN ('applied', 'paying', 'used')), '[]'
        ),
        EXISTS (
            SELECT FROM applications a
            WHERE (a.promo_id = p.promo_id OR a.campaign_id = p.campaign_id) AND a.state = 'applied' AND a.expires_at <= $2
        )
    FROM (VALUES (1)) AS one (row)
    LEFT JOIN LATERAL (
        SELECT * FROM entered WHERE entered.promo_id = $3 OR entered.code = ANY ($4)
        ORDER BY array_position($4, entered.code) LIMIT 1
    ) AS p ON true
    LEFT JOIN tariffs t ON t.id = $5
    LEFT JOIN LATERAL (
        SELECT sum(c.taken)::bigint AS taken, sum(c.spent_minor)::bigint AS spent_minor
        FROM usage_counters c WHERE c.scope = 'promo' AND c.scope_id = p.promo_id
    ) AS used ON true
    LEFT JOIN LATERAL (
        SELECT sum(c.taken)::bigint AS taken, sum(c.spent_minor)::bigint AS spent_minor
        FROM usage_counters c WHERE c.scope = 'campaign' AND c.scope_id = p.campaign_id
    ) AS used_of_campaign ON true;
END $$;

-- The same for each promo code that may concern the user $1 at the time $2, with all tariffs on sale: codes that are
-- listed, or held. What has no limit is not counted: only the rules look.
CREATE FUNCTION offers_of(uuid, timestamptz) RETURNS TABLE (
    promo_id bigint, code text, title text, status text, effect text, effect_minor bigint, effect_basis_points integer,
    effect_cap_minor bigint, effect_days integer, starts_at timestamptz, ends_at timestamptz, total_limit bigint,
    per_user_limit integer, tariff_ids bigint[], audience text, audience_user_id uuid, audience_group_ids bigint[],
    time_zone text, weekdays smallint[], hours_from time, hours_to time, per_user_period text, min_price_minor bigint,
    first_purchase_only boolean, listed boolean, budget_minor bigint, version bigint,
    campaign_id bigint, campaign_status text, campaign_limit bigint, campaign_budget_minor bigint, campaign_version bigint,
    taken bigint, spent_minor bigint, campaign_taken bigint, campaign_spent_minor bigint, user_status text,
    user_groups bigint[], has_purchased boolean, own_uses json,
    on_sale json
) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY SELECT p.*,
        coalesce(used.taken, 0), coalesce(used.spent_minor, 0), coalesce(used_of_campaign.taken, 0),
        coalesce(used_of_campaign.spent_minor, 0),
        (SELECT u.status FROM users u WHERE u.id = $1),
        ARRAY(SELECT group_id FROM group_members WHERE user_id = $1),
        EXISTS (SELECT FROM purchases b WHERE b.user_id = $1 AND b.status = 'paid'),
        coalesce(
            (SELECT json_agg(json_build_object(
                'application_id', a.id, 'promo_id', a.promo_id, 'tariff_id', a.tariff_id, 'state', a.state,
                'slot', a.slot, 'period', a.period, 'expires_at', a.expires_at))
            FROM applications a WHERE a.user_id = $1 AND a.state IN ('applied', 'paying', 'used')), '[]'
        ),
        (SELECT json_agg(json_build_object(
            'id', t.id, 'title', t.title, 'price_minor', t.price_minor, 'currency', t.currency,
            'period_months', t.period_months) ORDER BY t.id)
        FROM tariffs t WHERE t.status = 'active')
    FROM entered p
    LEFT JOIN LATERAL (
        SELECT sum(c.taken)::bigint AS taken, sum(c.spent_minor)::bigint AS spent_minor
        FROM usage_counters c WHERE c.scope = 'promo' AND c.scope_id = p.promo_id
            AND (p.total_limit IS NOT NULL OR p.budget_minor IS NOT NULL)
    ) AS used ON true
    LEFT JOIN LATERAL (
        SELECT sum(c.taken)::bigint AS taken, sum(c.spent_minor)::bigint AS spent_minor
        FROM usage_counters c WHERE c.scope = 'campaign' AND c.scope_id = p.campaign_id
            AND (p.campaign_limit IS NOT NULL OR p.campaign_budget_minor IS NOT NULL)
    ) AS used_of_campaign ON true
    WHERE p.promo_id IN (
        SELECT l.id FROM promo_codes l
        WHERE l.status = 'active' AND l.listed AND l.starts_at <= $2 AND (l.ends_at IS NULL OR l.ends_at > $2)
            AND (l.audience = 'all' OR l.audience_user_id = $1
                OR l.audience_group_ids && ARRAY(SELECT group_id FROM group_members WHERE user_id = $1))
        UNION
        SELECT a.promo_id FROM applications a WHERE a.user_id = $1 AND a.state IN ('applied', 'paying')
    )
    ORDER BY p.promo_id;
END $$;

-- Takes a use of a promo code, stores the decision and makes the application, if the user is active, what was decided
-- on is still so, and a stripe of each counter has room. The number of applications made: 1 or 0.
--
-- Stripes that somebody else is at are passed by, unless `wait`: what is left may be in one of them.
CREATE FUNCTION take_use(
    application_id uuid, of_user uuid, of_promo bigint, promo_version bigint, of_tariff bigint, at timestamptz,
    decision_id uuid, outcomes jsonb, slot integer, price_minor bigint, total_minor bigint, currency text,
    trial_days integer, expires_at timestamptz, period text, of_campaign bigint, campaign_version bigint,
    discount_minor bigint, first_stripe integer, wait boolean
) RETURNS integer LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    made integer;
BEGIN
    IF wait THEN
        PERFORM FROM users WHERE id = of_user FOR SHARE;
        PERFORM FROM usage_counters WHERE scope = 'promo' AND scope_id = of_promo ORDER BY stripe FOR UPDATE;
        PERFORM FROM usage_counters WHERE scope = 'campaign' AND scope_id = of_campaign ORDER BY stripe FOR UPDATE;
    END IF;
    WITH owner AS (
        -- The lock makes blocking and deleting wait, and then see this hold: they give it back.
        SELECT id FROM users WHERE id = of_user AND status = 'active' FOR SHARE
    ),
    promo AS (
        SELECT c.stripe FROM owner CROSS JOIN promo_codes s JOIN usage_counters c ON c.scope = 'promo' AND c.scope_id = s.id
        WHERE s.id = of_promo AND s.version = take_use.promo_version
            AND (c.quota IS NULL OR c.taken < c.quota)
            AND (c.quota_minor IS NULL OR c.spent_minor + take_use.discount_minor <= c.quota_minor)
            -- A stripe is over its quota when a limit was lowered below what is taken.
            AND NOT EXISTS (
                SELECT FROM usage_counters o WHERE o.scope = 'promo' AND o.scope_id = s.id
                    AND (o.taken > o.quota OR o.spent_minor > o.quota_minor)
            )
        ORDER BY (c.stripe + first_stripe) % 32 LIMIT 1 FOR UPDATE OF c SKIP LOCKED
    ),
    campaign AS (
        SELECT c.stripe FROM promo CROSS JOIN campaigns s JOIN usage_counters c ON c.scope = 'campaign' AND c.scope_id = s.id
        WHERE s.id = of_campaign AND s.version = campaign_version
            AND (c.quota IS NULL OR c.taken < c.quota)
            AND (c.quota_minor IS NULL OR c.spent_minor + take_use.discount_minor <= c.quota_minor)
            -- A stripe is over its quota when a limit was lowered below what is taken.
            AND NOT EXISTS (
                SELECT FROM usage_counters o WHERE o.scope = 'campaign' AND o.scope_id = s.id
                    AND (o.taken > o.quota OR o.spent_minor > o.quota_minor)
            )
        ORDER BY (c.stripe + first_stripe) % 32 LIMIT 1 FOR UPDATE OF c SKIP LOCKED
    ),
    found AS (
        SELECT promo.stripe, campaign.stripe AS campaign_stripe
        FROM promo LEFT JOIN campaign ON true
        WHERE of_campaign IS NULL OR campaign.stripe IS NOT NULL
    ),
    -- Apart from the UPDATE: when a counter has moved on since the statement began, Postgres looks at the joined row
    -- again, and a UNION there would be made anew.
    stripes AS MATERIALIZED (
        SELECT 'promo' AS scope, of_promo AS scope_id, stripe FROM found
        UNION ALL SELECT 'campaign', of_campaign, campaign_stripe FROM found
    ),
    counted AS (
        UPDATE usage_counters AS c SET taken = c.taken + 1, spent_minor = c.spent_minor + take_use.discount_minor
        FROM stripes
        WHERE c.scope = stripes.scope AND c.scope_id = stripes.scope_id AND c.stripe = stripes.stripe
    ),
    decided AS (
        INSERT INTO decisions (id, at, user_id, promo_id, promo_version, tariff_id, accepted, outcomes)
        SELECT decision_id, take_use.at, of_user, of_promo, take_use.promo_version, of_tariff, true, take_use.outcomes
        FROM found
    )
    INSERT INTO applications (id, decision_id, promo_id, promo_version, user_id, tariff_id, state, period, slot,
        price_minor, total_minor, currency, trial_days, created_at, expires_at, updated_at, stripe, campaign_id,
        campaign_stripe)
    SELECT application_id, take_use.decision_id, of_promo, take_use.promo_version, of_user, of_tariff, 'applied',
        take_use.period, take_use.slot, take_use.price_minor, take_use.total_minor, take_use.currency,
        take_use.trial_days, take_use.at, take_use.expires_at, take_use.at, stripe, of_campaign, campaign_stripe
    FROM found;
    GET DIAGNOSTICS made = ROW_COUNT;
    RETURN made;
END $$;
