-- The database loyalty: what the migrations and the functions make. Generated, see migrations/README.md.

CREATE FUNCTION public.complete_refund(of_refund uuid, refund_reference text, at timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
#variable_conflict use_variable
DECLARE
    r refunds;
    b purchases;
    a applications;
    s subscriptions;
    ends timestamptz;
BEGIN
    SELECT p.* INTO STRICT b FROM purchases p JOIN refunds o ON o.purchase_id = p.id WHERE o.id = of_refund FOR UPDATE OF p;
    UPDATE refunds SET status = 'succeeded', reference = refund_reference, updated_at = at
    WHERE id = of_refund AND status = 'pending' RETURNING * INTO r;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO ledger (at, purchase_id, kind, reference, amount_minor, currency)
    VALUES (at, b.id, 'refund', refund_reference, -r.amount_minor, r.currency);
    IF b.status <> 'paid' OR (SELECT sum(l.amount_minor) FROM ledger l WHERE l.purchase_id = b.id) > 0 THEN
        RETURN true;
    END IF;
    UPDATE purchases SET status = 'refunded', updated_at = at WHERE id = b.id;
    PERFORM lock_subscriptions(b.user_id, b.tariff_id);
    SELECT * INTO STRICT s FROM subscriptions WHERE purchase_id = b.id;
    ends := least(s.ends_at, greatest(s.starts_at, at));
    UPDATE subscriptions SET ends_at = ends WHERE purchase_id = b.id;
    UPDATE subscriptions AS later
    SET starts_at = later.starts_at - (s.ends_at - ends), ends_at = later.ends_at - (s.ends_at - ends)
    WHERE later.user_id = s.user_id AND later.tariff_id = s.tariff_id AND later.starts_at >= s.ends_at
        AND later.purchase_id <> s.purchase_id AND s.ends_at > ends;
    IF b.application_id IS NULL
        OR NOT (SELECT p.refund_returns_use FROM promo_codes p JOIN applications u ON u.promo_id = p.id
                WHERE u.id = b.application_id)
    THEN
        RETURN true;
    END IF;
    SELECT * INTO STRICT a FROM applications WHERE id = b.application_id;
    PERFORM FROM usage_counters c WHERE c.scope = 'promo' AND c.scope_id = a.promo_id AND c.stripe = a.stripe FOR UPDATE;
    PERFORM FROM usage_counters c
    WHERE c.scope = 'campaign' AND c.scope_id = a.campaign_id AND c.stripe = a.campaign_stripe FOR UPDATE;
    UPDATE applications SET state = 'cancelled', cancel_reason = 'refunded', updated_at = at
    WHERE id = a.id AND state = 'used';
    UPDATE usage_counters c SET taken = c.taken - 1, spent_minor = c.spent_minor - (a.price_minor - a.total_minor)
    WHERE (c.scope, c.scope_id, c.stripe) IN
        (('promo', a.promo_id, a.stripe), ('campaign', a.campaign_id, a.campaign_stripe));
    RETURN true;
END $$;

CREATE FUNCTION public.currency_of_campaign(bigint) RETURNS text
    LANGUAGE plpgsql STABLE
    AS $_$
BEGIN
    RETURN (SELECT m.currency FROM campaigns m WHERE m.id = $1);
END $_$;

CREATE FUNCTION public.currency_of_promo(bigint) RETURNS text
    LANGUAGE plpgsql STABLE
    AS $_$
BEGIN
    RETURN (SELECT p.currency FROM promo_codes p WHERE p.id = $1);
END $_$;

CREATE FUNCTION public.delete_group(the_group bigint, the_actor uuid, the_time timestamp with time zone) RETURNS text
    LANGUAGE plpgsql
    AS $$
DECLARE
    the_title text;
BEGIN
    SELECT title INTO the_title FROM user_groups WHERE id = the_group FOR UPDATE;
    IF NOT FOUND THEN
        RETURN 'not_found';
    END IF;
    -- A statement of its own, so it sees what was committed before the lock was given.
    IF EXISTS (SELECT FROM promo_codes WHERE audience_group_ids @> ARRAY[the_group]) THEN
        RETURN 'in_use';
    END IF;
    DELETE FROM user_groups WHERE id = the_group;
    INSERT INTO staff_changes (at, actor_id, resource, resource_id, action, details)
    VALUES (the_time, the_actor, 'group', the_group, 'delete', jsonb_build_object('title', the_title));
    RETURN 'deleted';
END $$;

CREATE FUNCTION public.facts_of(uuid, timestamp with time zone, bigint, text[], bigint) RETURNS TABLE(promo_id bigint, code text, title text, status text, effect text, effect_minor bigint, effect_basis_points integer, effect_cap_minor bigint, effect_days integer, starts_at timestamp with time zone, ends_at timestamp with time zone, total_limit bigint, per_user_limit integer, tariff_ids bigint[], audience text, audience_user_id uuid, audience_group_ids bigint[], time_zone text, weekdays smallint[], hours_from time without time zone, hours_to time without time zone, per_user_period text, min_price_minor bigint, first_purchase_only boolean, listed boolean, budget_minor bigint, version bigint, campaign_id bigint, campaign_status text, campaign_limit bigint, campaign_budget_minor bigint, campaign_version bigint, tariff_id bigint, tariff_title text, price_minor bigint, currency text, period_months integer, tariff_status text, taken bigint, spent_minor bigint, campaign_taken bigint, campaign_spent_minor bigint, user_status text, user_groups bigint[], has_purchased boolean, own_uses json, lapsed boolean)
    LANGUAGE plpgsql STABLE
    AS $_$
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
END $_$;

CREATE FUNCTION public.keep_decisions(now timestamp with time zone, keep_months integer) RETURNS void
    LANGUAGE plpgsql
    AS $_$
DECLARE
    this_month timestamp := date_trunc('month', now AT TIME ZONE 'UTC');
    month timestamp;
    name text;
BEGIN
    FOR month IN SELECT generate_series(this_month, this_month + interval '2 months', interval '1 month') LOOP
        name := 'decisions_' || to_char(month, 'YYYY_MM');
        CONTINUE WHEN to_regclass(name) IS NOT NULL;
        -- One at a time, and only if nobody was faster.
        PERFORM pg_advisory_xact_lock(hashtext('keep_decisions'));
        CONTINUE WHEN to_regclass(name) IS NOT NULL;
        EXECUTE format('CREATE TABLE %I (LIKE decisions INCLUDING ALL)', name);
        -- Decisions that came before their partition did.
        EXECUTE format(
            'WITH moved AS (DELETE FROM decisions_other WHERE at >= %1$L AND at < %2$L RETURNING *)
            INSERT INTO %3$I SELECT * FROM moved',
            month AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC', name);
        EXECUTE format('ALTER TABLE decisions ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
            name, month AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC');
    END LOOP;
    FOR name IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'decisions'::regclass AND c.relname ~ '^decisions_\d{4}_\d{2}$'
            AND to_date(right(c.relname, 7), 'YYYY_MM') < this_month - make_interval(months => keep_months)
    LOOP
        EXECUTE format('DROP TABLE %I', name);
    END LOOP;
    DELETE FROM decisions_other WHERE at < now - make_interval(months => keep_months);
END $_$;

CREATE FUNCTION public.keep_group_member() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO past_group_members (group_id, user_id, added_at, removed_at)
    VALUES (OLD.group_id, OLD.user_id, OLD.added_at, clock_timestamp());
    RETURN NULL;
END $$;

CREATE FUNCTION public.keep_user_status() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO user_statuses (user_id, version, at, status) VALUES (NEW.id, NEW.version, NEW.updated_at, NEW.status)
    ON CONFLICT (user_id, version) DO NOTHING;
    RETURN NULL;
END $$;

CREATE FUNCTION public.keep_version() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO versions (scope, scope_id, at, snapshot) VALUES (TG_ARGV[0], NEW.id, clock_timestamp(), to_jsonb(NEW))
    ON CONFLICT (scope, scope_id, at) DO UPDATE SET snapshot = excluded.snapshot;
    RETURN NULL;
END $$;

CREATE FUNCTION public.lock_subscriptions(of_user uuid, of_tariff bigint) RETURNS void
    LANGUAGE sql
    AS $$SELECT pg_advisory_xact_lock(hashtextextended(of_user::text, of_tariff))$$;

CREATE FUNCTION public.mark_trial() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    NEW.trial_of := person_of(NEW.user_id);
    RETURN NEW;
END $$;

CREATE FUNCTION public.next_version() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    NEW.version = OLD.version + 1;
    RETURN NEW;
END $$;

CREATE FUNCTION public.offers_of(uuid, timestamp with time zone) RETURNS TABLE(promo_id bigint, code text, title text, status text, effect text, effect_minor bigint, effect_basis_points integer, effect_cap_minor bigint, effect_days integer, starts_at timestamp with time zone, ends_at timestamp with time zone, total_limit bigint, per_user_limit integer, tariff_ids bigint[], audience text, audience_user_id uuid, audience_group_ids bigint[], time_zone text, weekdays smallint[], hours_from time without time zone, hours_to time without time zone, per_user_period text, min_price_minor bigint, first_purchase_only boolean, listed boolean, budget_minor bigint, version bigint, campaign_id bigint, campaign_status text, campaign_limit bigint, campaign_budget_minor bigint, campaign_version bigint, taken bigint, spent_minor bigint, campaign_taken bigint, campaign_spent_minor bigint, user_status text, user_groups bigint[], has_purchased boolean, own_uses json, on_sale json)
    LANGUAGE plpgsql STABLE
    AS $_$
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
END $_$;

CREATE FUNCTION public.order_refund(of_purchase uuid, refund_id uuid, wanted_minor bigint, actor uuid, key text, at timestamp with time zone) RETURNS TABLE(outcome text, ordered_id uuid, left_minor bigint)
    LANGUAGE plpgsql
    AS $$
DECLARE
    b purchases;
    earlier refunds;
BEGIN
    SELECT * INTO b FROM purchases WHERE id = of_purchase FOR UPDATE;
    IF NOT FOUND THEN
        RETURN QUERY SELECT 'no_purchase', NULL::uuid, NULL::bigint;
        RETURN;
    END IF;
    SELECT * INTO earlier FROM refunds WHERE purchase_id = b.id AND idempotency_key = key;
    IF FOUND THEN
        RETURN QUERY SELECT
            CASE WHEN wanted_minor IS NULL OR wanted_minor = earlier.amount_minor THEN 'ordered' ELSE 'key_reused' END,
            earlier.id, NULL::bigint;
        RETURN;
    END IF;
    left_minor := b.total_minor - coalesce(
        (SELECT sum(amount_minor) FROM refunds WHERE purchase_id = b.id AND status <> 'failed'), 0);
    IF b.status NOT IN ('paid', 'refunded') THEN
        outcome := 'not_paid';
    ELSIF left_minor <= 0 THEN
        outcome := 'nothing_left';
    ELSIF wanted_minor > left_minor THEN
        outcome := 'too_much';
    ELSE
        outcome := 'ordered';
        ordered_id := refund_id;
        INSERT INTO refunds (id, purchase_id, amount_minor, currency, cause, actor_id, idempotency_key, status,
            created_at, updated_at, check_at)
        VALUES (refund_id, b.id, coalesce(wanted_minor, left_minor), b.currency, 'staff', actor, key, 'pending',
            at, at, at + interval '1 minute');
    END IF;
    RETURN NEXT;
END $$;

CREATE FUNCTION public.person_of(uuid) RETURNS uuid
    LANGUAGE sql STABLE
    AS $_$SELECT coalesce((SELECT first_account_id FROM users WHERE id = $1), $1)$_$;

CREATE FUNCTION public.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'the table % is only added to', TG_TABLE_NAME;
END $$;

CREATE FUNCTION public.room_for_use(of_scope text, of_id bigint, discount_minor bigint) RETURNS smallint
    LANGUAGE plpgsql
    AS $$
DECLARE
    found_stripe smallint := stripe_with_room(of_scope, of_id, discount_minor);
BEGIN
    IF found_stripe IS NULL AND of_scope = 'promo' THEN
        PERFORM spread_usage('promo', id, total_limit, budget_minor, 1) FROM promo_codes WHERE id = of_id;
    ELSIF found_stripe IS NULL THEN
        PERFORM spread_usage('campaign', id, total_limit, budget_minor, 1) FROM campaigns WHERE id = of_id;
    ELSE
        RETURN found_stripe;
    END IF;
    RETURN stripe_with_room(of_scope, of_id, discount_minor);
END $$;

CREATE FUNCTION public.share(total bigint, parts integer, nth integer) RETURNS bigint
    LANGUAGE sql IMMUTABLE
    AS $$
    SELECT CASE WHEN nth >= parts THEN 0 ELSE total / parts + (nth < total % parts)::integer END
$$;

CREATE FUNCTION public.spread_usage(of_scope text, of_id bigint, total_limit bigint, budget_minor bigint, stripes integer) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO usage_counters (scope, scope_id, stripe)
    SELECT of_scope, of_id, n FROM generate_series(0, stripes - 1) AS n
    ON CONFLICT DO NOTHING;
    PERFORM FROM usage_counters WHERE scope = of_scope AND scope_id = of_id ORDER BY stripe FOR UPDATE;
    WITH before AS (
        SELECT stripe, taken, spent_minor,
            total_limit - sum(taken) OVER () AS left_uses,
            budget_minor - sum(spent_minor) OVER () AS left_minor,
            sum(taken) OVER below AS taken_below,
            sum(spent_minor) OVER below AS spent_below
        FROM usage_counters
        WHERE scope = of_scope AND scope_id = of_id
        WINDOW below AS (ORDER BY stripe ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    )
    UPDATE usage_counters AS c
    SET quota = CASE
            WHEN total_limit IS NULL THEN NULL
            WHEN left_uses >= 0 THEN before.taken + share(left_uses::bigint, stripes, before.stripe)
            ELSE greatest(0, least(before.taken, total_limit - coalesce(taken_below, 0)))
        END,
        quota_minor = CASE
            WHEN budget_minor IS NULL THEN NULL
            WHEN left_minor >= 0 THEN before.spent_minor + share(left_minor::bigint, stripes, before.stripe)
            ELSE greatest(0, least(before.spent_minor, budget_minor - coalesce(spent_below, 0)))
        END
    FROM before
    WHERE c.scope = of_scope AND c.scope_id = of_id AND c.stripe = before.stripe;
END $$;

CREATE FUNCTION public.spread_usage_of_row() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM spread_usage(TG_ARGV[0], NEW.id, NEW.total_limit, NEW.budget_minor, stripes_for(NEW.total_limit));
    RETURN NULL;
END $$;

CREATE FUNCTION public.stripe_with_room(of_scope text, of_id bigint, discount_minor bigint) RETURNS smallint
    LANGUAGE plpgsql
    AS $$
DECLARE
    found_stripe smallint;
BEGIN
    PERFORM FROM usage_counters WHERE scope = of_scope AND scope_id = of_id ORDER BY stripe FOR UPDATE;
    SELECT c.stripe INTO found_stripe FROM usage_counters c
    WHERE c.scope = of_scope AND c.scope_id = of_id
        AND (c.quota IS NULL OR c.taken < c.quota)
        AND (c.quota_minor IS NULL OR c.spent_minor + discount_minor <= c.quota_minor)
        AND NOT EXISTS (
            SELECT FROM usage_counters o WHERE o.scope = of_scope AND o.scope_id = of_id
                AND (o.taken > o.quota OR o.spent_minor > o.quota_minor)
        )
    ORDER BY c.stripe LIMIT 1;
    RETURN found_stripe;
END $$;

CREATE FUNCTION public.stripes_for(total_limit bigint) RETURNS integer
    LANGUAGE sql IMMUTABLE
    AS $$
    SELECT CASE WHEN total_limit IS NULL THEN 32 ELSE greatest(1, least(32, total_limit / 16))::integer END
$$;

CREATE FUNCTION public.subscribe(of_purchase uuid, of_user uuid, of_tariff bigint, months integer, days integer, at timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
DECLARE
    start timestamptz;
BEGIN
    PERFORM lock_subscriptions(of_user, of_tariff);
    SELECT greatest(at, max(s.ends_at)) INTO start FROM subscriptions s
    WHERE s.user_id = of_user AND s.tariff_id = of_tariff;
    INSERT INTO subscriptions (purchase_id, user_id, tariff_id, starts_at, ends_at)
    VALUES (of_purchase, of_user, of_tariff, start,
        (start AT TIME ZONE 'UTC' + make_interval(months => coalesce(months, 0), days => coalesce(days, 0)))
        AT TIME ZONE 'UTC');
    RETURN true;
END $$;

CREATE FUNCTION public.take_late_payment(of_purchase uuid, payment_reference text, refund_id uuid, at timestamp with time zone) RETURNS text
    LANGUAGE plpgsql
    AS $$
DECLARE
    b purchases;
    kept boolean;
BEGIN
    SELECT * INTO STRICT b FROM purchases WHERE id = of_purchase FOR UPDATE;
    IF b.status <> 'failed' OR EXISTS (SELECT FROM ledger WHERE purchase_id = b.id AND kind = 'payment') THEN
        RETURN 'before';
    END IF;
    INSERT INTO ledger (at, purchase_id, kind, reference, amount_minor, currency)
    VALUES (at, b.id, 'payment', payment_reference, b.total_minor, b.currency);
    PERFORM FROM users WHERE id = b.user_id AND status = 'active' FOR SHARE;
    kept := FOUND;
    IF kept AND b.application_id IS NOT NULL THEN
        BEGIN
            kept := use_again(b.application_id, at);
        EXCEPTION WHEN unique_violation THEN
            -- The user's last use was taken meanwhile.
            kept := false;
        END;
    END IF;
    IF NOT kept THEN
        INSERT INTO refunds (id, purchase_id, amount_minor, currency, cause, status, created_at, updated_at, check_at)
        VALUES (refund_id, b.id, b.total_minor, b.currency, 'late_payment', 'pending', at, at, at);
        RETURN 'refunding';
    END IF;
    UPDATE purchases SET status = 'paid', failure = NULL, updated_at = at WHERE id = b.id;
    PERFORM subscribe(b.id, b.user_id, b.tariff_id, b.period_months, b.trial_days, at);
    RETURN 'kept';
END $$;

CREATE FUNCTION public.take_use(application_id uuid, of_user uuid, of_promo bigint, promo_version bigint, of_tariff bigint, at timestamp with time zone, decision_id uuid, outcomes jsonb, slot integer, price_minor bigint, total_minor bigint, currency text, trial_days integer, expires_at timestamp with time zone, period text, of_campaign bigint, campaign_version bigint, discount_minor bigint, first_stripe integer, wait boolean) RETURNS integer
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION public.tell_paid() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM tell_purchase(NEW.id, NEW.id, NULL, NEW.updated_at);
    RETURN NULL;
END $$;

CREATE FUNCTION public.tell_purchase(event uuid, of_purchase uuid, refund_minor bigint, at timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    AS $$
#variable_conflict use_variable
DECLARE
    nth bigint;
BEGIN
    INSERT INTO purchase_event_counts AS c (user_id, last) SELECT b.user_id, 1 FROM purchases b WHERE b.id = of_purchase
    ON CONFLICT ON CONSTRAINT purchase_event_counts_pkey DO UPDATE SET last = c.last + 1
    RETURNING c.last INTO nth;
    -- A statement of its own: it sees all that the user's events before this one tell, since it waited for them.
    INSERT INTO outbox (event_id, user_id, sequence, purchase_id, tariff_id, promo_id, price_minor, total_minor,
        currency, starts_at, ends_at, paid_until, refund_minor, refunded_minor, occurred_at)
    SELECT event, b.user_id, nth, b.id, b.tariff_id, a.promo_id, b.price_minor, b.total_minor, b.currency,
        s.starts_at, s.ends_at,
        (SELECT max(o.ends_at) FROM subscriptions o WHERE o.user_id = b.user_id AND o.tariff_id = b.tariff_id),
        refund_minor,
        CASE WHEN refund_minor IS NOT NULL THEN (
            SELECT sum(r.amount_minor) FROM refunds r WHERE r.purchase_id = b.id AND r.status = 'succeeded'
        ) END,
        at
    FROM purchases b JOIN subscriptions s ON s.purchase_id = b.id LEFT JOIN applications a ON a.id = b.application_id
    WHERE b.id = of_purchase;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the purchase % is paid and has no subscription', of_purchase;
    END IF;
END $$;

CREATE FUNCTION public.tell_refunded() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM tell_purchase(NEW.id, b.id, NEW.amount_minor, NEW.updated_at)
    FROM purchases b WHERE b.id = NEW.purchase_id AND b.status IN ('paid', 'refunded');
    RETURN NULL;
END $$;

CREATE FUNCTION public.trial_of_user(uuid) RETURNS text
    LANGUAGE plpgsql STABLE
    AS $_$
BEGIN
    RETURN (
        SELECT a.state FROM applications a
        WHERE a.trial_of = person_of($1) AND a.state IN ('applied', 'paying', 'used')
    );
END $_$;

CREATE FUNCTION public.use_again(of_application uuid, at timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
DECLARE
    a applications;
    found_stripe smallint;
    found_campaign_stripe smallint;
    free_slot integer;
BEGIN
    SELECT * INTO STRICT a FROM applications WHERE id = of_application;
    found_stripe := room_for_use('promo', a.promo_id, a.price_minor - a.total_minor);
    IF a.campaign_id IS NOT NULL THEN
        found_campaign_stripe := room_for_use('campaign', a.campaign_id, a.price_minor - a.total_minor);
    END IF;
    -- The lowest number among the user's uses that is free: at most one more than there are uses.
    SELECT min(n) INTO free_slot
    FROM generate_series(1, 1 + (
        SELECT count(*) FROM applications WHERE promo_id = a.promo_id AND user_id = a.user_id
    )) AS n
    WHERE NOT EXISTS (
        SELECT FROM applications o
        WHERE o.promo_id = a.promo_id AND o.user_id = a.user_id AND o.period = a.period AND o.slot = n
            AND o.state IN ('applied', 'paying', 'used')
    );
    IF free_slot > (SELECT per_user_limit FROM promo_codes WHERE id = a.promo_id) THEN
        RETURN false;
    END IF;
    IF found_stripe IS NULL OR (a.campaign_id IS NOT NULL AND found_campaign_stripe IS NULL) THEN
        RETURN false;
    END IF;
    UPDATE usage_counters SET taken = taken + 1, spent_minor = spent_minor + a.price_minor - a.total_minor
    WHERE (scope, scope_id, stripe) IN
        (('promo', a.promo_id, found_stripe), ('campaign', a.campaign_id, found_campaign_stripe));
    UPDATE applications SET state = 'used', cancel_reason = NULL, updated_at = at, slot = free_slot,
        stripe = found_stripe, campaign_stripe = found_campaign_stripe
    WHERE id = of_application AND state IN ('cancelled', 'expired');
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the application % was not given back', of_application;
    END IF;
    RETURN true;
END $$;

CREATE TABLE public.applications (
    id uuid NOT NULL,
    decision_id uuid NOT NULL,
    promo_id bigint NOT NULL,
    promo_version bigint NOT NULL,
    user_id uuid NOT NULL,
    tariff_id bigint NOT NULL,
    state text NOT NULL,
    cancel_reason text,
    slot integer NOT NULL,
    price_minor bigint NOT NULL,
    total_minor bigint NOT NULL,
    currency character(3) NOT NULL,
    trial_days integer,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    period text DEFAULT ''::text NOT NULL,
    stripe smallint DEFAULT 0 NOT NULL,
    campaign_id bigint,
    campaign_stripe smallint,
    trial_of uuid,
    CONSTRAINT applications_campaign_stripe CHECK (((campaign_id IS NULL) = (campaign_stripe IS NULL))),
    CONSTRAINT applications_cancel_reason CHECK (((state = 'cancelled'::text) = (cancel_reason IS NOT NULL))),
    CONSTRAINT applications_cancel_reason_check CHECK ((cancel_reason = ANY (ARRAY['user'::text, 'admin'::text, 'payment_failed'::text, 'payment_expired'::text, 'user_blocked'::text, 'user_deleted'::text, 'refunded'::text]))),
    CONSTRAINT applications_check CHECK (((total_minor >= 0) AND (total_minor <= price_minor))),
    CONSTRAINT applications_price_minor_check CHECK ((price_minor > 0)),
    CONSTRAINT applications_slot_check CHECK ((slot > 0)),
    CONSTRAINT applications_state_check CHECK ((state = ANY (ARRAY['applied'::text, 'paying'::text, 'used'::text, 'cancelled'::text, 'expired'::text])))
);

CREATE TABLE public.campaigns (
    id bigint NOT NULL,
    title text NOT NULL,
    status text DEFAULT 'active'::text NOT NULL,
    total_limit bigint,
    budget_minor bigint,
    version bigint DEFAULT 1 NOT NULL,
    currency character(3) DEFAULT 'RUB'::bpchar NOT NULL,
    CONSTRAINT campaigns_budget_minor_check CHECK ((budget_minor > 0)),
    CONSTRAINT campaigns_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT campaigns_id_check CHECK ((id > 0)),
    CONSTRAINT campaigns_status_check CHECK ((status = ANY (ARRAY['active'::text, 'paused'::text, 'archived'::text]))),
    CONSTRAINT campaigns_total_limit_check CHECK ((total_limit > 0)),
    CONSTRAINT campaigns_version_check CHECK ((version > 0))
);

ALTER TABLE public.campaigns ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.campaigns_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.decisions (
    id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    user_id uuid NOT NULL,
    promo_id bigint NOT NULL,
    promo_version bigint NOT NULL,
    tariff_id bigint NOT NULL,
    accepted boolean NOT NULL,
    outcomes jsonb NOT NULL
)
PARTITION BY RANGE (at);
ALTER TABLE ONLY public.decisions ALTER COLUMN outcomes SET COMPRESSION lz4;

CREATE TABLE public.decisions_other (
    id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    user_id uuid NOT NULL,
    promo_id bigint NOT NULL,
    promo_version bigint NOT NULL,
    tariff_id bigint NOT NULL,
    accepted boolean NOT NULL,
    outcomes jsonb NOT NULL
);
ALTER TABLE ONLY public.decisions_other ALTER COLUMN outcomes SET COMPRESSION lz4;

CREATE TABLE public.promo_codes (
    id bigint NOT NULL,
    code text NOT NULL,
    title text NOT NULL,
    status text DEFAULT 'draft'::text NOT NULL,
    effect text NOT NULL,
    effect_minor bigint,
    effect_basis_points integer,
    effect_cap_minor bigint,
    effect_days integer,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone,
    total_limit bigint,
    per_user_limit integer DEFAULT 1,
    tariff_ids bigint[],
    audience text DEFAULT 'all'::text NOT NULL,
    audience_user_id uuid,
    listed boolean DEFAULT true NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    time_zone text DEFAULT 'Europe/Moscow'::text NOT NULL,
    weekdays smallint[],
    hours_from time without time zone,
    hours_to time without time zone,
    per_user_period text DEFAULT 'lifetime'::text NOT NULL,
    min_price_minor bigint,
    first_purchase_only boolean DEFAULT false NOT NULL,
    audience_group_ids bigint[],
    campaign_id bigint,
    budget_minor bigint,
    refund_returns_use boolean DEFAULT true NOT NULL,
    currency character(3) DEFAULT 'RUB'::bpchar NOT NULL,
    CONSTRAINT promo_codes_audience CHECK (((audience = 'user'::text) = (audience_user_id IS NOT NULL))),
    CONSTRAINT promo_codes_audience_check CHECK ((audience = ANY (ARRAY['all'::text, 'user'::text, 'group'::text]))),
    CONSTRAINT promo_codes_audience_group_ids_check CHECK ((cardinality(audience_group_ids) > 0)),
    CONSTRAINT promo_codes_audience_groups CHECK (((audience = 'group'::text) = (audience_group_ids IS NOT NULL))),
    CONSTRAINT promo_codes_budget_minor_check CHECK ((budget_minor > 0)),
    CONSTRAINT promo_codes_check CHECK ((ends_at > starts_at)),
    CONSTRAINT promo_codes_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT promo_codes_effect CHECK (
CASE effect
    WHEN 'percent_off'::text THEN ((effect_basis_points IS NOT NULL) AND (num_nonnulls(effect_minor, effect_days) = 0))
    WHEN 'free'::text THEN ((effect_days IS NOT NULL) AND (num_nonnulls(effect_minor, effect_basis_points, effect_cap_minor) = 0))
    ELSE ((effect_minor IS NOT NULL) AND (num_nonnulls(effect_basis_points, effect_cap_minor, effect_days) = 0))
END),
    CONSTRAINT promo_codes_effect_basis_points_check CHECK (((effect_basis_points >= 1) AND (effect_basis_points <= 10000))),
    CONSTRAINT promo_codes_effect_cap_minor_check CHECK ((effect_cap_minor > 0)),
    CONSTRAINT promo_codes_effect_check CHECK ((effect = ANY (ARRAY['fixed_price'::text, 'free'::text, 'percent_off'::text, 'amount_off'::text]))),
    CONSTRAINT promo_codes_effect_days_check CHECK (((effect_days >= 1) AND (effect_days <= 3660))),
    CONSTRAINT promo_codes_effect_minor_check CHECK ((effect_minor > 0)),
    CONSTRAINT promo_codes_hours CHECK (((num_nulls(hours_from, hours_to) = 2) OR ((num_nulls(hours_from, hours_to) = 0) AND (hours_from <> hours_to)))),
    CONSTRAINT promo_codes_id_check CHECK ((id > 0)),
    CONSTRAINT promo_codes_min_price_minor_check CHECK ((min_price_minor > 0)),
    CONSTRAINT promo_codes_per_user_limit_check CHECK ((per_user_limit > 0)),
    CONSTRAINT promo_codes_per_user_period_check CHECK ((per_user_period = ANY (ARRAY['lifetime'::text, 'day'::text, 'week'::text, 'month'::text]))),
    CONSTRAINT promo_codes_status_check CHECK ((status = ANY (ARRAY['draft'::text, 'active'::text, 'paused'::text, 'archived'::text]))),
    CONSTRAINT promo_codes_tariff_ids_check CHECK ((cardinality(tariff_ids) > 0)),
    CONSTRAINT promo_codes_total_limit_check CHECK ((total_limit > 0)),
    CONSTRAINT promo_codes_version_check CHECK ((version > 0)),
    CONSTRAINT promo_codes_weekdays_check CHECK (((cardinality(weekdays) > 0) AND (weekdays <@ '{1,2,3,4,5,6,7}'::smallint[])))
);

CREATE VIEW public.entered AS
 SELECT p.id AS promo_id,
    p.code,
    p.title,
    p.status,
    p.effect,
    p.effect_minor,
    p.effect_basis_points,
    p.effect_cap_minor,
    p.effect_days,
    p.starts_at,
    p.ends_at,
    p.total_limit,
    p.per_user_limit,
    p.tariff_ids,
    p.audience,
    p.audience_user_id,
    p.audience_group_ids,
    p.time_zone,
    p.weekdays,
    p.hours_from,
    p.hours_to,
    p.per_user_period,
    p.min_price_minor,
    p.first_purchase_only,
    p.listed,
    p.budget_minor,
    p.version,
    m.id AS campaign_id,
    m.status AS campaign_status,
    m.total_limit AS campaign_limit,
    m.budget_minor AS campaign_budget_minor,
    m.version AS campaign_version
   FROM (public.promo_codes p
     LEFT JOIN public.campaigns m ON ((m.id = p.campaign_id)));

CREATE TABLE public.group_members (
    group_id bigint NOT NULL,
    user_id uuid NOT NULL,
    added_at timestamp with time zone NOT NULL
);

CREATE TABLE public.inbox (
    event_id uuid NOT NULL,
    received_at timestamp with time zone NOT NULL
);

CREATE TABLE public.ledger (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    purchase_id uuid NOT NULL,
    kind text NOT NULL,
    reference text NOT NULL,
    amount_minor bigint NOT NULL,
    currency character(3) NOT NULL,
    CONSTRAINT ledger_direction CHECK (
CASE kind
    WHEN 'payment'::text THEN (amount_minor > 0)
    ELSE (amount_minor < 0)
END),
    CONSTRAINT ledger_kind_check CHECK ((kind = ANY (ARRAY['payment'::text, 'refund'::text])))
);

ALTER TABLE public.ledger ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.ledger_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.outbox (
    id bigint NOT NULL,
    event_id uuid NOT NULL,
    user_id uuid NOT NULL,
    sequence bigint NOT NULL,
    purchase_id uuid NOT NULL,
    tariff_id bigint NOT NULL,
    promo_id bigint,
    price_minor bigint NOT NULL,
    total_minor bigint NOT NULL,
    currency character(3) NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    paid_until timestamp with time zone NOT NULL,
    refund_minor bigint,
    refunded_minor bigint,
    occurred_at timestamp with time zone NOT NULL,
    published_at timestamp with time zone,
    claimed_until timestamp with time zone,
    CONSTRAINT outbox_refund CHECK (((refund_minor IS NULL) = (refunded_minor IS NULL)))
);

ALTER TABLE public.outbox ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.outbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.past_group_members (
    group_id bigint NOT NULL,
    user_id uuid NOT NULL,
    added_at timestamp with time zone NOT NULL,
    removed_at timestamp with time zone NOT NULL
);

ALTER TABLE public.promo_codes ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.promo_codes_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.purchase_event_counts (
    user_id uuid NOT NULL,
    last bigint NOT NULL,
    CONSTRAINT purchase_event_counts_last_check CHECK ((last > 0))
);

CREATE TABLE public.purchases (
    id uuid NOT NULL,
    application_id uuid,
    user_id uuid NOT NULL,
    tariff_id bigint NOT NULL,
    status text NOT NULL,
    failure text,
    price_minor bigint NOT NULL,
    total_minor bigint NOT NULL,
    currency character(3) NOT NULL,
    payment_id text,
    confirmation_url text,
    idempotency_key text,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    check_at timestamp with time zone NOT NULL,
    period_months integer,
    trial_days integer,
    CONSTRAINT purchases_check CHECK (((total_minor >= 0) AND (total_minor <= price_minor))),
    CONSTRAINT purchases_failure CHECK (((status = 'failed'::text) = (failure IS NOT NULL))),
    CONSTRAINT purchases_failure_check CHECK ((failure = ANY (ARRAY['payment_failed'::text, 'payment_expired'::text, 'payment_rejected'::text]))),
    CONSTRAINT purchases_period CHECK ((num_nonnulls(period_months, trial_days) = 1)),
    CONSTRAINT purchases_period_months_check CHECK ((period_months > 0)),
    CONSTRAINT purchases_price_minor_check CHECK ((price_minor > 0)),
    CONSTRAINT purchases_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'paid'::text, 'failed'::text, 'refunded'::text]))),
    CONSTRAINT purchases_trial_days_check CHECK ((trial_days > 0))
);

CREATE TABLE public.refinery_schema_history (
    version integer NOT NULL,
    name character varying(255),
    applied_on character varying(255),
    checksum character varying(255)
);

CREATE TABLE public.refunds (
    id uuid NOT NULL,
    purchase_id uuid NOT NULL,
    amount_minor bigint NOT NULL,
    currency character(3) NOT NULL,
    cause text NOT NULL,
    actor_id uuid,
    idempotency_key text,
    status text NOT NULL,
    failure text,
    reference text,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    check_at timestamp with time zone NOT NULL,
    CONSTRAINT refunds_amount_minor_check CHECK ((amount_minor > 0)),
    CONSTRAINT refunds_cause_check CHECK ((cause = ANY (ARRAY['staff'::text, 'late_payment'::text, 'provider'::text]))),
    CONSTRAINT refunds_check CHECK (((actor_id IS NOT NULL) = (cause = 'staff'::text))),
    CONSTRAINT refunds_check1 CHECK (((failure IS NOT NULL) = (status = 'failed'::text))),
    CONSTRAINT refunds_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'succeeded'::text, 'failed'::text])))
);

CREATE TABLE public.schema_functions (
    name text NOT NULL,
    checksum text NOT NULL
);
COMMENT ON TABLE public.schema_functions IS 'A row is a function of this schema as `migrate` created it last: migrations/README.md.';
COMMENT ON COLUMN public.schema_functions.checksum IS 'SHA-256 of its file, in hexadecimal digits.';

CREATE TABLE public.staff_changes (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    actor_id uuid NOT NULL,
    resource text NOT NULL,
    resource_id bigint NOT NULL,
    action text NOT NULL,
    details jsonb NOT NULL,
    CONSTRAINT staff_changes_resource_check CHECK ((resource = ANY (ARRAY['group'::text, 'promo'::text, 'campaign'::text, 'tariff'::text])))
);

ALTER TABLE public.staff_changes ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.staff_changes_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.subscriptions (
    purchase_id uuid NOT NULL,
    user_id uuid NOT NULL,
    tariff_id bigint NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    CONSTRAINT subscriptions_period CHECK ((ends_at >= starts_at))
);

CREATE TABLE public.tariffs (
    id bigint NOT NULL,
    title text NOT NULL,
    price_minor bigint NOT NULL,
    currency character(3) NOT NULL,
    period_months integer NOT NULL,
    status text DEFAULT 'active'::text NOT NULL,
    CONSTRAINT tariffs_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT tariffs_id_check CHECK ((id > 0)),
    CONSTRAINT tariffs_period_months_check CHECK (((period_months >= 1) AND (period_months <= 120))),
    CONSTRAINT tariffs_price_minor_check CHECK ((price_minor > 0)),
    CONSTRAINT tariffs_status_check CHECK ((status = ANY (ARRAY['active'::text, 'archived'::text])))
);

ALTER TABLE public.tariffs ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.tariffs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.usage_counters (
    scope text NOT NULL,
    scope_id bigint NOT NULL,
    stripe smallint NOT NULL,
    taken bigint DEFAULT 0 NOT NULL,
    quota bigint,
    spent_minor bigint DEFAULT 0 NOT NULL,
    quota_minor bigint,
    CONSTRAINT usage_counters_quota_check CHECK ((quota >= 0)),
    CONSTRAINT usage_counters_quota_minor_check CHECK ((quota_minor >= 0)),
    CONSTRAINT usage_counters_scope_check CHECK ((scope = ANY (ARRAY['promo'::text, 'campaign'::text]))),
    CONSTRAINT usage_counters_spent_minor_check CHECK ((spent_minor >= 0)),
    CONSTRAINT usage_counters_stripe_check CHECK (((stripe >= 0) AND (stripe <= 31))),
    CONSTRAINT usage_counters_taken_check CHECK ((taken >= 0))
)
WITH (fillfactor='25');

CREATE TABLE public.user_groups (
    id bigint NOT NULL,
    title text NOT NULL,
    CONSTRAINT user_groups_id_check CHECK ((id > 0))
);

ALTER TABLE public.user_groups ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.user_groups_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.user_statuses (
    user_id uuid NOT NULL,
    version bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    status text NOT NULL
);

CREATE TABLE public.users (
    id uuid NOT NULL,
    status text NOT NULL,
    version bigint NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    first_account_id uuid,
    CONSTRAINT users_status_check CHECK ((status = ANY (ARRAY['active'::text, 'blocked'::text, 'deleted'::text]))),
    CONSTRAINT users_version_check CHECK ((version > 0))
);

CREATE TABLE public.versions (
    scope text NOT NULL,
    scope_id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    snapshot jsonb NOT NULL,
    CONSTRAINT versions_scope_check CHECK ((scope = ANY (ARRAY['promo'::text, 'campaign'::text, 'tariff'::text])))
);

ALTER TABLE ONLY public.decisions ATTACH PARTITION public.decisions_other DEFAULT;

ALTER TABLE ONLY public.applications
    ADD CONSTRAINT applications_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaigns
    ADD CONSTRAINT campaigns_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaigns
    ADD CONSTRAINT campaigns_title_key UNIQUE (title);

ALTER TABLE ONLY public.decisions
    ADD CONSTRAINT decisions_pkey PRIMARY KEY (id, at);

ALTER TABLE ONLY public.decisions_other
    ADD CONSTRAINT decisions_other_pkey PRIMARY KEY (id, at);

ALTER TABLE ONLY public.group_members
    ADD CONSTRAINT group_members_pkey PRIMARY KEY (group_id, user_id);

ALTER TABLE ONLY public.inbox
    ADD CONSTRAINT inbox_pkey PRIMARY KEY (event_id);

ALTER TABLE ONLY public.ledger
    ADD CONSTRAINT ledger_kind_reference_key UNIQUE (kind, reference);

ALTER TABLE ONLY public.ledger
    ADD CONSTRAINT ledger_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_event_id_key UNIQUE (event_id);

ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_user_id_sequence_key UNIQUE (user_id, sequence);

ALTER TABLE ONLY public.promo_codes
    ADD CONSTRAINT promo_codes_code_key UNIQUE (code);

ALTER TABLE ONLY public.promo_codes
    ADD CONSTRAINT promo_codes_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.purchase_event_counts
    ADD CONSTRAINT purchase_event_counts_pkey PRIMARY KEY (user_id);

ALTER TABLE ONLY public.purchases
    ADD CONSTRAINT purchases_payment_id_key UNIQUE (payment_id);

ALTER TABLE ONLY public.purchases
    ADD CONSTRAINT purchases_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.refinery_schema_history
    ADD CONSTRAINT refinery_schema_history_pkey PRIMARY KEY (version);

ALTER TABLE ONLY public.refunds
    ADD CONSTRAINT refunds_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.refunds
    ADD CONSTRAINT refunds_purchase_id_idempotency_key_key UNIQUE (purchase_id, idempotency_key);

ALTER TABLE ONLY public.refunds
    ADD CONSTRAINT refunds_reference_key UNIQUE (reference);

ALTER TABLE ONLY public.schema_functions
    ADD CONSTRAINT schema_functions_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.staff_changes
    ADD CONSTRAINT staff_changes_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.subscriptions
    ADD CONSTRAINT subscriptions_pkey PRIMARY KEY (purchase_id);

ALTER TABLE ONLY public.tariffs
    ADD CONSTRAINT tariffs_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.usage_counters
    ADD CONSTRAINT usage_counters_pkey PRIMARY KEY (scope, scope_id, stripe);

ALTER TABLE ONLY public.user_groups
    ADD CONSTRAINT user_groups_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.user_groups
    ADD CONSTRAINT user_groups_title_key UNIQUE (title);

ALTER TABLE ONLY public.user_statuses
    ADD CONSTRAINT user_statuses_pkey PRIMARY KEY (user_id, version);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.versions
    ADD CONSTRAINT versions_pkey PRIMARY KEY (scope, scope_id, at);

CREATE INDEX applications_by_campaign ON public.applications USING btree (campaign_id, created_at) WHERE (campaign_id IS NOT NULL);

CREATE INDEX applications_by_promo ON public.applications USING btree (promo_id, created_at);

CREATE INDEX applications_by_user ON public.applications USING btree (user_id, created_at DESC);

CREATE UNIQUE INDEX applications_one_open_per_tariff ON public.applications USING btree (user_id, tariff_id) WHERE (state = ANY (ARRAY['applied'::text, 'paying'::text]));

CREATE UNIQUE INDEX applications_one_trial ON public.applications USING btree (trial_of) WHERE (state = ANY (ARRAY['applied'::text, 'paying'::text, 'used'::text]));

CREATE INDEX applications_to_expire ON public.applications USING btree (expires_at) WHERE (state = 'applied'::text);

CREATE UNIQUE INDEX applications_user_slot ON public.applications USING btree (promo_id, user_id, period, slot) WHERE (state = ANY (ARRAY['applied'::text, 'paying'::text, 'used'::text]));

CREATE INDEX decisions_by_user ON ONLY public.decisions USING btree (user_id, at DESC);

CREATE INDEX decisions_other_user_id_at_idx ON public.decisions_other USING btree (user_id, at DESC);

CREATE INDEX group_members_by_user ON public.group_members USING btree (user_id);

CREATE INDEX ledger_by_purchase ON public.ledger USING btree (purchase_id);

CREATE UNIQUE INDEX ledger_one_payment ON public.ledger USING btree (purchase_id) WHERE (kind = 'payment'::text);

CREATE INDEX outbox_published ON public.outbox USING btree (published_at) WHERE (published_at IS NOT NULL);

CREATE INDEX outbox_unpublished ON public.outbox USING btree (id) WHERE (published_at IS NULL);

CREATE INDEX past_group_members_by_user ON public.past_group_members USING btree (user_id);

CREATE INDEX promo_codes_by_campaign ON public.promo_codes USING btree (campaign_id);

CREATE INDEX promo_codes_listed ON public.promo_codes USING btree (id) WHERE ((status = 'active'::text) AND listed);

CREATE INDEX purchases_by_user ON public.purchases USING btree (user_id, created_at DESC);

CREATE UNIQUE INDEX purchases_idempotency_key ON public.purchases USING btree (user_id, idempotency_key);

CREATE UNIQUE INDEX purchases_open_at_full_price ON public.purchases USING btree (user_id, tariff_id) WHERE ((application_id IS NULL) AND (status = 'pending'::text));

CREATE UNIQUE INDEX purchases_open_by_application ON public.purchases USING btree (application_id) WHERE (status = ANY (ARRAY['pending'::text, 'paid'::text]));

CREATE INDEX purchases_to_check ON public.purchases USING btree (check_at) WHERE (status = 'pending'::text);

CREATE INDEX refunds_to_check ON public.refunds USING btree (check_at) WHERE (status = 'pending'::text);

CREATE INDEX staff_changes_by_resource ON public.staff_changes USING btree (resource, resource_id, id);

CREATE INDEX subscriptions_by_user ON public.subscriptions USING btree (user_id, tariff_id, ends_at DESC);

ALTER INDEX public.decisions_pkey ATTACH PARTITION public.decisions_other_pkey;

ALTER INDEX public.decisions_by_user ATTACH PARTITION public.decisions_other_user_id_at_idx;

CREATE TRIGGER applications_mark_trial BEFORE INSERT ON public.applications FOR EACH ROW WHEN ((new.trial_days IS NOT NULL)) EXECUTE FUNCTION public.mark_trial();

CREATE TRIGGER keep_group_member AFTER DELETE ON public.group_members FOR EACH ROW EXECUTE FUNCTION public.keep_group_member();

CREATE TRIGGER keep_user_status AFTER INSERT OR UPDATE ON public.users FOR EACH ROW EXECUTE FUNCTION public.keep_user_status();

CREATE TRIGGER keep_version AFTER INSERT OR UPDATE ON public.campaigns FOR EACH ROW EXECUTE FUNCTION public.keep_version('campaign');

CREATE TRIGGER keep_version AFTER INSERT OR UPDATE ON public.promo_codes FOR EACH ROW EXECUTE FUNCTION public.keep_version('promo');

CREATE TRIGGER keep_version AFTER INSERT OR UPDATE ON public.tariffs FOR EACH ROW EXECUTE FUNCTION public.keep_version('tariff');

CREATE TRIGGER ledger_only_grows BEFORE DELETE OR UPDATE OR TRUNCATE ON public.ledger FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER next_version BEFORE UPDATE ON public.campaigns FOR EACH ROW EXECUTE FUNCTION public.next_version();

CREATE TRIGGER next_version BEFORE UPDATE ON public.promo_codes FOR EACH ROW EXECUTE FUNCTION public.next_version();

CREATE CONSTRAINT TRIGGER purchases_are_told AFTER INSERT OR UPDATE OF status ON public.purchases DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((new.status = 'paid'::text)) EXECUTE FUNCTION public.tell_paid();

CREATE CONSTRAINT TRIGGER refunds_are_told AFTER INSERT OR UPDATE OF status ON public.refunds DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((new.status = 'succeeded'::text)) EXECUTE FUNCTION public.tell_refunded();

CREATE TRIGGER spread_usage_of_changed AFTER UPDATE OF total_limit, budget_minor ON public.campaigns FOR EACH ROW WHEN (((old.total_limit IS DISTINCT FROM new.total_limit) OR (old.budget_minor IS DISTINCT FROM new.budget_minor))) EXECUTE FUNCTION public.spread_usage_of_row('campaign');

CREATE TRIGGER spread_usage_of_changed AFTER UPDATE OF total_limit, budget_minor ON public.promo_codes FOR EACH ROW WHEN (((old.total_limit IS DISTINCT FROM new.total_limit) OR (old.budget_minor IS DISTINCT FROM new.budget_minor))) EXECUTE FUNCTION public.spread_usage_of_row('promo');

CREATE TRIGGER spread_usage_of_new AFTER INSERT ON public.campaigns FOR EACH ROW EXECUTE FUNCTION public.spread_usage_of_row('campaign');

CREATE TRIGGER spread_usage_of_new AFTER INSERT ON public.promo_codes FOR EACH ROW EXECUTE FUNCTION public.spread_usage_of_row('promo');

ALTER TABLE ONLY public.applications
    ADD CONSTRAINT applications_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES public.campaigns(id);

ALTER TABLE ONLY public.applications
    ADD CONSTRAINT applications_promo_id_fkey FOREIGN KEY (promo_id) REFERENCES public.promo_codes(id);

ALTER TABLE ONLY public.applications
    ADD CONSTRAINT applications_tariff_id_fkey FOREIGN KEY (tariff_id) REFERENCES public.tariffs(id);

ALTER TABLE ONLY public.group_members
    ADD CONSTRAINT group_members_group_id_fkey FOREIGN KEY (group_id) REFERENCES public.user_groups(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.ledger
    ADD CONSTRAINT ledger_purchase_id_fkey FOREIGN KEY (purchase_id) REFERENCES public.purchases(id);

ALTER TABLE ONLY public.promo_codes
    ADD CONSTRAINT promo_codes_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES public.campaigns(id);

ALTER TABLE ONLY public.purchases
    ADD CONSTRAINT purchases_application_id_fkey FOREIGN KEY (application_id) REFERENCES public.applications(id);

ALTER TABLE ONLY public.purchases
    ADD CONSTRAINT purchases_tariff_id_fkey FOREIGN KEY (tariff_id) REFERENCES public.tariffs(id);

ALTER TABLE ONLY public.refunds
    ADD CONSTRAINT refunds_purchase_id_fkey FOREIGN KEY (purchase_id) REFERENCES public.purchases(id);

ALTER TABLE ONLY public.subscriptions
    ADD CONSTRAINT subscriptions_purchase_id_fkey FOREIGN KEY (purchase_id) REFERENCES public.purchases(id);

ALTER TABLE ONLY public.subscriptions
    ADD CONSTRAINT subscriptions_tariff_id_fkey FOREIGN KEY (tariff_id) REFERENCES public.tariffs(id);
