-- The database loyalty: what the migrations and the functions make. Generated, see migrations/README.md.

CREATE DOMAIN public.application_state AS text
	CONSTRAINT application_state_check CHECK ((VALUE = ANY (ARRAY['applied'::text, 'paying'::text, 'used'::text, 'cancelled'::text, 'expired'::text])));

CREATE DOMAIN public.cancel_reason AS text
	CONSTRAINT cancel_reason_check CHECK ((VALUE = ANY (ARRAY['user'::text, 'moved'::text, 'admin'::text, 'payment_failed'::text, 'payment_expired'::text, 'user_blocked'::text, 'user_deleted'::text, 'not_first_purchase'::text, 'refunded'::text, 'revoked'::text])));

CREATE TYPE public.staff_request AS (
	actor_id uuid,
	at timestamp with time zone,
	key bytea,
	fingerprint bytea
);
COMMENT ON TYPE public.staff_request IS 'Who of the staff changes something, and when; the SHA-256 of the Idempotency-Key and of the request, or NULL.';

CREATE FUNCTION public.accept_late_payment(p_purchase_id uuid, p_reference text, p_refund_id uuid, p_time_zone text, p_now timestamp with time zone) RETURNS text
    LANGUAGE plpgsql
    AS $$
DECLARE
    b purchases;
    v_kept boolean;
BEGIN
    SELECT p.* INTO STRICT b FROM purchases p WHERE p.id = p_purchase_id FOR NO KEY UPDATE;
    IF b.status <> 'failed' OR EXISTS (SELECT FROM ledger l WHERE l.purchase_id = b.id AND l.kind = 'payment') THEN
        RETURN 'before';
    END IF;
    v_kept := why_not_sold(p_user_id => b.user_id, p_application_id => b.application_id) IS NULL;
    IF v_kept THEN
        PERFORM lock_subscriptions(p_user_id => b.user_id, p_tariff_id => b.tariff_id);
    END IF;
    IF v_kept AND b.application_id IS NOT NULL THEN
        v_kept := reserve_again(p_application_id => b.application_id, p_now => p_now);
    END IF;
    IF NOT v_kept THEN
        PERFORM refund_payment(
            p_purchase_id => b.id, p_reference => p_reference, p_refund_id => p_refund_id, p_now => p_now
        );
        UPDATE purchases p SET check_at = NULL WHERE p.id = b.id;
        RETURN 'refunding';
    END IF;
    INSERT INTO ledger (at, purchase_id, kind, reference, amount_minor, currency)
    VALUES (p_now, b.id, 'payment', p_reference, b.total_minor, b.currency);
    UPDATE purchases p SET status = 'paid', failure = NULL, check_at = NULL, updated_at = p_now WHERE p.id = b.id;
    PERFORM subscribe(
        p_purchase_id => b.id, p_user_id => b.user_id, p_tariff_id => b.tariff_id,
        p_months => b.period_months, p_days => b.trial_days, p_time_zone => p_time_zone,
        p_now => p_now
    );
    RETURN 'kept';
END $$;

CREATE FUNCTION public.advance_catalogue() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE catalogue_version SET version = version + 1;
    RETURN NULL;
END $$;

CREATE FUNCTION public.apply_for_user(p_application_id uuid, p_user_id uuid, p_code_id bigint, p_tariff_id bigint, p_versions integer[], p_now timestamp with time zone, p_total_minor bigint, p_uses_since timestamp with time zone, p_rule_set smallint, p_observed jsonb, p_max_unused integer, p_staff public.staff_request, p_reason text, p_waived text[], p_hold_minutes integer, p_purchase_id uuid, p_time_zone text, OUT outcome text, OUT application_id uuid, OUT taken bigint, OUT spent_minor bigint, OUT campaign_taken bigint, OUT campaign_spent_minor bigint) RETURNS record
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
DECLARE
    v_expires_at timestamptz;
    v_status text;
BEGIN
    SELECT f.outcome, f.resource_id::uuid INTO outcome, application_id FROM find_staff_request(p_staff) AS f;
    IF outcome <> 'new' THEN
        RETURN;
    END IF;
    IF is_own_account(p_staff => p_staff, p_user_id => p_user_id) THEN
        outcome := 'own_account';
        RETURN;
    END IF;
    IF p_purchase_id IS NOT NULL THEN
        -- In the order that all functions follow: before codes and counters.
        PERFORM FROM users u WHERE u.id = p_user_id FOR NO KEY UPDATE;
        PERFORM lock_subscriptions(p_user_id => p_user_id, p_tariff_id => p_tariff_id);
    END IF;
    SELECT r.expires_at, r.taken, r.spent_minor, r.campaign_taken, r.campaign_spent_minor
    INTO v_expires_at, taken, spent_minor, campaign_taken, campaign_spent_minor
    FROM reserve_use(
        p_application_id => p_application_id, p_user_id => p_user_id, p_code_id => p_code_id,
        p_tariff_id => p_tariff_id, p_versions => p_versions, p_now => p_now, p_total_minor => p_total_minor,
        p_uses_since => p_uses_since, p_rule_set => p_rule_set, p_observed => p_observed, p_max_unused => p_max_unused,
        p_applied_by => p_staff.actor_id, p_reason => p_reason, p_waived => p_waived, p_hold_minutes => p_hold_minutes
    ) AS r;
    IF v_expires_at IS NULL THEN
        outcome := 'changed';
        RETURN;
    END IF;
    IF p_purchase_id IS NOT NULL THEN
        SELECT o.status INTO v_status
        FROM open_purchase(
            p_application_id => p_application_id, p_purchase_id => p_purchase_id, p_idempotency_key => NULL,
            p_time_zone => p_time_zone, p_now => p_now, p_check_at => NULL
        ) AS o;
        IF v_status IS DISTINCT FROM 'paid' THEN
            RAISE EXCEPTION 'the purchase can not be made' USING ERRCODE = 'LS001';
        END IF;
    END IF;
    PERFORM record_staff_change(
        p_staff => p_staff, p_resource => 'application', p_resource_id => p_application_id::text, p_action => 'apply',
        p_details => jsonb_strip_nulls(jsonb_build_object(
            'promocode_id', p_code_id, 'tariff', p_tariff_id, 'waived', p_waived, 'purchase_id', p_purchase_id)),
        p_user_id => p_user_id, p_reason => p_reason
    );
    outcome := 'applied';
    application_id := p_application_id;
END $$;

CREATE FUNCTION public.apply_statuses(p_user_ids uuid[], p_statuses text[], p_versions bigint[], p_first_account_ids uuid[], p_repair boolean, p_now timestamp with time zone) RETURNS SETOF uuid
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_changed uuid[];
    v_inactive uuid[];
    v_deleted uuid[];
    v_hold_ids uuid[];
BEGIN
    WITH changed AS (
        INSERT INTO users AS u (id, status, version, first_account_id, updated_at)
        SELECT o.id, o.status, o.version, o.first_account_id, p_now
        FROM unnest(p_user_ids, p_statuses, p_versions, p_first_account_ids) AS o (id, status, version, first_account_id)
        ORDER BY o.id
        ON CONFLICT (id) DO UPDATE
            SET status = excluded.status, version = excluded.version, first_account_id = excluded.first_account_id,
                updated_at = excluded.updated_at
            WHERE u.version < excluded.version
                OR (p_repair AND u.version = excluded.version
                    AND (u.status, u.first_account_id) IS DISTINCT FROM (excluded.status, excluded.first_account_id))
        RETURNING u.id, u.status
    )
    SELECT array_agg(c.id), array_agg(c.id) FILTER (WHERE c.status <> 'active'),
        array_agg(c.id) FILTER (WHERE c.status = 'deleted')
    INTO v_changed, v_inactive, v_deleted FROM changed c;
    IF array_remove(p_first_account_ids, NULL) <> '{}' THEN
        -- What was kept of the account before it was known whose it is.
        INSERT INTO insiders (person_id, promotion_id, code_id, since)
        SELECT u.first_account_id, i.promotion_id, i.code_id, i.since
        FROM users u JOIN insiders i ON i.person_id = u.id
        WHERE u.id = ANY (v_changed) AND u.first_account_id IS NOT NULL
        ORDER BY i.promotion_id, i.code_id
        ON CONFLICT DO NOTHING;
    END IF;
    IF v_deleted IS NOT NULL THEN
        DELETE FROM group_members m WHERE m.user_id = ANY (v_deleted);
    END IF;
    IF v_inactive IS NOT NULL THEN
        v_hold_ids := ARRAY(
            SELECT r FROM release_uses(
                p_application_ids => ARRAY(
                    SELECT a.id FROM applications a
                    WHERE a.user_id = ANY (v_inactive) AND a.state IN ('applied', 'paying') AND a.state = 'applied'
                ),
                p_from => 'applied', p_to => 'cancelled', p_cancel_reason => 'user_blocked', p_now => p_now
            ) AS r
        );
        IF v_deleted IS NOT NULL THEN
            UPDATE applications a SET cancel_reason = 'user_deleted'
            WHERE a.id = ANY (v_hold_ids) AND a.user_id = ANY (v_deleted);
        END IF;
    END IF;
    RETURN QUERY SELECT unnest(v_changed);
END $$;

CREATE FUNCTION public.apply_user_status(p_event_id uuid, p_user_id uuid, p_status text, p_version bigint, p_first_account_id uuid, p_now timestamp with time zone) RETURNS text
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO inbox (event_id, received_at) VALUES (p_event_id, p_now) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN 'duplicate';
    END IF;
    PERFORM apply_statuses(
        p_user_ids => ARRAY[p_user_id], p_statuses => ARRAY[p_status], p_versions => ARRAY[p_version],
        p_first_account_ids => ARRAY[p_first_account_id], p_repair => false, p_now => p_now
    );
    IF FOUND THEN
        RETURN 'applied';
    END IF;
    RETURN 'stale';
END $$;

CREATE FUNCTION public.approve(p_approval_id uuid, p_reason text, p_staff public.staff_request, OUT outcome text, OUT state text, OUT cause text) RETURNS record
    LANGUAGE plpgsql
    AS $$
DECLARE
    a approvals;
    v_requester staff_request;
BEGIN
    outcome := lock_approval(p_approval_id => p_approval_id, p_wanted => 'approved', p_staff => p_staff);
    SELECT w.* INTO a FROM approvals w WHERE w.id = p_approval_id;
    state := a.state;
    IF outcome = 'pending' AND person_of(a.requested_by) = person_of(p_staff.actor_id) THEN
        outcome := 'own';
    ELSIF outcome = 'pending' AND EXISTS (
        SELECT FROM purchases b WHERE b.id = a.purchase_id AND person_of(b.user_id) = person_of(p_staff.actor_id)
    ) THEN
        outcome := 'own_account';
    ELSIF outcome = 'repeated' THEN
        outcome := 'approved';
        RETURN;
    END IF;
    IF outcome <> 'pending' THEN
        RETURN;
    END IF;
    v_requester := ROW(a.requested_by, p_staff.at, NULL, decode(a.proposal ->> 'fingerprint', 'hex'))::staff_request;
    IF a.kind = 'refund' THEN
        SELECT o.outcome INTO cause FROM order_refund(
            p_purchase_id => a.purchase_id, p_refund_id => a.id, p_amount_minor => (a.proposal ->> 'amount_minor')::bigint,
            p_idempotency_key => a.proposal ->> 'idempotency_key', p_reason => a.reason, p_approve_above => NULL,
            p_expires_at => NULL, p_staff => v_requester
        ) AS o;
    ELSIF a.base_version IS NULL THEN
        SELECT c.outcome, c.promotion_id INTO cause, a.promotion_id FROM create_promotion(
            p_promotion => a.proposal -> 'promotion', p_codes => a.proposal -> 'codes', p_staff => v_requester
        ) AS c;
    ELSE
        SELECT r.outcome INTO cause FROM replace_promotion(
            p_promotion_id => a.promotion_id, p_version => a.base_version, p_promotion => a.proposal -> 'promotion',
            p_staff => v_requester
        ) AS r;
    END IF;
    IF cause NOT IN ('ordered', 'created', 'replaced') THEN
        outcome := 'outdated';
        RETURN;
    END IF;
    PERFORM decide_approval(p_approval => a, p_state => 'approved', p_reason => p_reason, p_staff => p_staff);
    IF a.kind = 'promotion' THEN
        -- Who has judged an offer can't use it either.
        PERFORM keep_insider(
            p_actor_id => p_staff.actor_id, p_at => p_staff.at, p_promotion_id => a.promotion_id, p_code_ids => NULL
        );
    END IF;
    outcome := 'approved';
    state := 'approved';
    cause := NULL;
END $$;

CREATE FUNCTION public.cancel_application(p_user_id uuid, p_code_id bigint, p_codes text[], p_tariff_id bigint, p_now timestamp with time zone) RETURNS TABLE(outcome text, application_id uuid, tariff_id bigint, purchase_id uuid)
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_code_ids bigint[] := ARRAY(SELECT c.id FROM promo_codes c WHERE c.id = p_code_id OR c.code = ANY (p_codes));
    v_purchase_id uuid;
    v_cancelled_ids uuid[];
    v_text text;
    a applications;
BEGIN
    IF p_codes IS NOT NULL THEN
        SELECT c.code INTO v_text FROM applications o JOIN promo_codes c ON c.id = o.code_id
        WHERE o.user_id = p_user_id AND c.id = ANY (v_code_ids)
        ORDER BY array_position(p_codes, c.code) LIMIT 1;
        IF FOUND THEN
            v_code_ids := ARRAY(SELECT c.id FROM promo_codes c WHERE c.id = ANY (v_code_ids) AND c.code = v_text);
        END IF;
    END IF;
    outcome := 'not_applied';
    IF v_code_ids = '{}' THEN
        RETURN NEXT;
        RETURN;
    END IF;
    FOR v_purchase_id IN
        SELECT b.id FROM applications o JOIN purchases b ON b.application_id = o.id AND b.status = 'pending'
        WHERE o.user_id = p_user_id AND o.state IN ('applied', 'paying') AND o.code_id = ANY (v_code_ids)
            AND (p_tariff_id IS NULL OR o.tariff_id = p_tariff_id)
        ORDER BY b.id
    LOOP
        IF cancel_purchase(p_purchase_id => v_purchase_id, p_user_id => p_user_id, p_now => p_now) = 'cancelled' THEN
            v_cancelled_ids := v_cancelled_ids || (SELECT b.application_id FROM purchases b WHERE b.id = v_purchase_id);
        END IF;
    END LOOP;
    v_cancelled_ids := v_cancelled_ids || ARRAY(
        SELECT r FROM release_uses(
            p_application_ids => ARRAY(
                SELECT o.id FROM applications o
                WHERE o.user_id = p_user_id AND o.state IN ('applied', 'paying') AND o.code_id = ANY (v_code_ids)
                    AND o.state = 'applied' AND o.expires_at > p_now
                    AND (p_tariff_id IS NULL OR o.tariff_id = p_tariff_id)
            ),
            p_from => 'applied', p_to => 'cancelled', p_cancel_reason => 'user', p_now => p_now
        ) AS r
    );
    IF cardinality(v_cancelled_ids) = 0 THEN
        SELECT o.* INTO a FROM applications o
        WHERE o.user_id = p_user_id AND o.code_id = ANY (v_code_ids)
            AND (p_tariff_id IS NULL OR o.tariff_id = p_tariff_id)
        ORDER BY o.created_at DESC LIMIT 1;
        IF a.state = 'cancelled' AND a.cancel_reason = 'user' THEN
            v_cancelled_ids := ARRAY(
                SELECT o.id FROM applications o
                WHERE o.user_id = p_user_id AND o.code_id = ANY (v_code_ids) AND o.state = 'cancelled'
                    AND o.cancel_reason = 'user' AND o.updated_at = a.updated_at
                    AND (p_tariff_id IS NULL OR o.tariff_id = p_tariff_id)
            );
        ELSE
            outcome := CASE WHEN a.state = 'used' THEN 'used' WHEN a.state = 'paying' THEN 'changed' ELSE outcome END;
            RETURN NEXT;
            RETURN;
        END IF;
    END IF;
    RETURN QUERY
        SELECT 'cancelled', o.id, o.tariff_id, b.id
        FROM applications o LEFT JOIN purchases b ON b.application_id = o.id AND b.failure = 'cancelled_by_buyer'
        WHERE o.id = ANY (v_cancelled_ids)
        ORDER BY o.created_at, o.id;
END $$;

CREATE FUNCTION public.cancel_for_user(p_application_id uuid, p_staff public.staff_request, p_reason text) RETURNS text
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_request text;
    a applications;
BEGIN
    SELECT f.outcome INTO v_request FROM find_staff_request(p_staff) AS f;
    IF v_request <> 'new' THEN
        RETURN CASE v_request WHEN 'repeated' THEN 'cancelled' ELSE v_request END;
    END IF;
    SELECT o.* INTO a FROM applications o WHERE o.id = p_application_id;
    IF NOT FOUND THEN
        RETURN 'no_application';
    ELSIF is_own_account(p_staff => p_staff, p_user_id => a.user_id) THEN
        RETURN 'own_account';
    END IF;
    IF a.state = 'applied' AND a.expires_at > p_staff.at THEN
        PERFORM release_uses(
            p_application_ids => ARRAY[a.id], p_from => 'applied', p_to => 'cancelled', p_cancel_reason => 'admin',
            p_now => p_staff.at
        );
        IF FOUND THEN
            PERFORM record_staff_change(
                p_staff => p_staff, p_resource => 'application', p_resource_id => a.id::text, p_action => 'cancel',
                p_details => '{}', p_user_id => a.user_id, p_reason => p_reason
            );
            RETURN 'cancelled';
        END IF;
        -- Another request was faster.
        SELECT o.* INTO a FROM applications o WHERE o.id = p_application_id;
    END IF;
    IF a.state = 'cancelled' AND a.cancel_reason = 'admin' THEN
        PERFORM keep_staff_request(p_staff => p_staff, p_resource_id => a.id::text);
        RETURN 'cancelled';
    END IF;
    RETURN CASE
        WHEN a.state = 'applied' THEN 'expired'
        WHEN a.state <> 'cancelled' THEN a.state::text
        ELSE 'ended'
    END;
END $$;

CREATE FUNCTION public.cancel_purchase(p_purchase_id uuid, p_user_id uuid, p_now timestamp with time zone) RETURNS text
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM FROM purchases b WHERE b.id = p_purchase_id AND b.user_id = p_user_id;
    IF NOT FOUND THEN
        RETURN 'no_purchase';
    END IF;
    RETURN CASE fail_purchase(
            p_purchase_id => p_purchase_id, p_reference => NULL, p_failure => 'cancelled_by_buyer', p_now => p_now
        )
        WHEN 'failed' THEN 'cancelled'
        WHEN 'before' THEN 'failed'
        ELSE 'paid'
    END;
END $$;

CREATE FUNCTION public.change_members(p_group_id bigint, p_add uuid[], p_remove uuid[], p_staff public.staff_request, OUT outcome text, OUT unknown uuid[], OUT added bigint, OUT removed bigint) RETURNS record
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_answer jsonb;
    v_known uuid[];
    v_added uuid[];
    v_removed uuid[];
BEGIN
    added := 0;
    removed := 0;
    SELECT f.outcome, f.answer INTO outcome, v_answer FROM find_staff_request(p_staff) AS f;
    IF outcome = 'repeated' THEN
        outcome := 'done';
        added := coalesce((v_answer ->> 'added')::bigint, 0);
        removed := coalesce((v_answer ->> 'removed')::bigint, 0);
        RETURN;
    ELSIF outcome <> 'new' THEN
        RETURN;
    END IF;
    PERFORM FROM user_groups g WHERE g.id = p_group_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        outcome := 'no_group';
        RETURN;
    END IF;
    v_known := ARRAY(
        SELECT u.id FROM users u WHERE u.id = ANY (p_add) AND u.status <> 'deleted' ORDER BY u.id FOR SHARE
    );
    unknown := ARRAY(
        SELECT o.user_id FROM unnest(p_add) AS o (user_id) EXCEPT SELECT k.user_id FROM unnest(v_known) AS k (user_id)
    );
    IF cardinality(unknown) > 0 THEN
        outcome := 'unknown';
        RETURN;
    END IF;
    WITH new AS (
        INSERT INTO group_members (group_id, user_id, added_at)
        SELECT p_group_id, o.user_id, p_staff.at FROM unnest(v_known) AS o (user_id)
        ON CONFLICT DO NOTHING RETURNING user_id
    )
    SELECT array_agg(n.user_id), count(*) INTO v_added, added FROM new n;
    WITH gone AS (
        DELETE FROM group_members m WHERE m.group_id = p_group_id AND m.user_id = ANY (p_remove) RETURNING m.user_id
    )
    SELECT array_agg(g.user_id), count(*) INTO v_removed, removed FROM gone g;
    PERFORM keep_staff_request(
        p_staff => p_staff, p_resource_id => p_group_id::text,
        p_answer => jsonb_build_object('added', added, 'removed', removed)
    );
    IF added + removed > 0 THEN
        PERFORM record_staff_change(
            p_staff => p_staff, p_resource => 'group', p_resource_id => p_group_id::text, p_action => 'change_members',
            p_details => jsonb_build_object(
                'added', coalesce(v_added, '{}'::uuid[]), 'removed', coalesce(v_removed, '{}'::uuid[])
            )
        );
    END IF;
    outcome := 'done';
END $$;

CREATE FUNCTION public.complete_purchase(p_purchase_id uuid, p_reference text, p_amount_minor bigint, p_currency text, p_refund_id uuid, p_time_zone text, p_now timestamp with time zone) RETURNS text
    LANGUAGE plpgsql
    AS $$
DECLARE
    b purchases;
    v_failure text;
BEGIN
    SELECT p.* INTO b FROM purchases p WHERE p.id = p_purchase_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN 'no_purchase';
    ELSIF b.payment_id <> p_reference THEN
        RETURN 'another_payment';
    ELSIF b.total_minor <> p_amount_minor OR b.currency <> p_currency THEN
        RETURN 'another_amount';
    ELSIF b.status = 'failed' THEN
        RETURN 'failed';
    ELSIF b.status <> 'pending' THEN
        RETURN 'before';
    END IF;
    v_failure := why_not_sold(p_user_id => b.user_id, p_application_id => b.application_id);
    IF v_failure IS NOT NULL THEN
        PERFORM fail_purchase(
            p_purchase_id => b.id, p_reference => p_reference, p_failure => v_failure, p_now => p_now
        );
        PERFORM refund_payment(
            p_purchase_id => b.id, p_reference => p_reference, p_refund_id => p_refund_id, p_now => p_now
        );
        RETURN 'refunding';
    END IF;
    PERFORM lock_subscriptions(p_user_id => b.user_id, p_tariff_id => b.tariff_id);
    UPDATE applications a SET state = 'used', updated_at = p_now
    WHERE a.id = b.application_id AND a.state = 'paying';
    INSERT INTO ledger (at, purchase_id, kind, reference, amount_minor, currency)
    VALUES (p_now, b.id, 'payment', p_reference, b.total_minor, b.currency);
    UPDATE purchases p SET status = 'paid', payment_id = p_reference, check_at = NULL, updated_at = p_now
    WHERE p.id = b.id;
    PERFORM subscribe(
        p_purchase_id => b.id, p_user_id => b.user_id, p_tariff_id => b.tariff_id,
        p_months => b.period_months, p_days => b.trial_days, p_time_zone => p_time_zone,
        p_now => p_now
    );
    RETURN 'paid';
END $$;

CREATE FUNCTION public.complete_refund(p_refund_id uuid, p_reference text, p_now timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
DECLARE
    b purchases;
    v_amount_minor bigint;
    v_currency text;
BEGIN
    SELECT p.* INTO STRICT b FROM purchases p JOIN refunds r ON r.purchase_id = p.id
    WHERE r.id = p_refund_id FOR NO KEY UPDATE OF p;
    UPDATE refunds r SET status = 'succeeded', reference = p_reference, updated_at = p_now
    WHERE r.id = p_refund_id AND r.status = 'pending'
    RETURNING r.amount_minor, r.currency INTO v_amount_minor, v_currency;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO ledger (at, purchase_id, kind, reference, amount_minor, currency)
    VALUES (p_now, b.id, 'refund', p_reference, -v_amount_minor, v_currency);
    IF b.status = 'paid' AND (SELECT sum(l.amount_minor) FROM ledger l WHERE l.purchase_id = b.id) <= 0 THEN
        PERFORM end_purchase(p_purchase_id => b.id, p_status => 'refunded', p_now => p_now);
    END IF;
    RETURN true;
END $$;

CREATE FUNCTION public.create_campaign(p_campaign jsonb, p_staff public.staff_request, OUT outcome text, OUT campaign_id bigint) RETURNS record
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_wanted campaigns := jsonb_populate_record(NULL::campaigns, p_campaign);
BEGIN
    SELECT f.outcome, f.resource_id::bigint INTO outcome, campaign_id FROM find_staff_request(p_staff) AS f;
    IF outcome <> 'new' THEN
        outcome := CASE outcome WHEN 'repeated' THEN 'created' ELSE outcome END;
        RETURN;
    END IF;
    INSERT INTO campaigns AS c (title, status, total_limit, budget_minor, currency, created_at)
    VALUES (v_wanted.title, v_wanted.status, v_wanted.total_limit, v_wanted.budget_minor, v_wanted.currency, p_staff.at)
    RETURNING c.id INTO campaign_id;
    PERFORM record_staff_change(
        p_staff => p_staff, p_resource => 'campaign', p_resource_id => campaign_id::text, p_action => 'create',
        p_details => '{"version": 1}'
    );
    outcome := 'created';
END $$;

CREATE FUNCTION public.create_code(p_promotion_id bigint, p_code jsonb, p_staff public.staff_request, OUT outcome text, OUT code_id bigint, OUT approval_id uuid) RETURNS record
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_wanted promo_codes := jsonb_populate_record(NULL::promo_codes, p_code);
    v_status text;
BEGIN
    SELECT f.outcome, f.resource_id::bigint INTO outcome, code_id FROM find_staff_request(p_staff) AS f;
    IF outcome <> 'new' THEN
        outcome := CASE outcome WHEN 'repeated' THEN 'created' ELSE outcome END;
        RETURN;
    END IF;
    SELECT p.status INTO v_status FROM promotions p WHERE p.id = p_promotion_id FOR SHARE;
    IF NOT FOUND THEN
        outcome := 'no_promotion';
        RETURN;
    ELSIF v_status = 'archived' THEN
        outcome := 'archived';
        RETURN;
    END IF;
    approval_id := pending_approval(p_promotion_id => p_promotion_id, p_now => p_staff.at);
    IF approval_id IS NOT NULL THEN
        outcome := 'approval_pending';
    ELSIF is_unknown_user(v_wanted.user_id) THEN
        outcome := 'unknown_user';
    ELSIF cardinality(taken_texts(ARRAY[v_wanted.code])) > 0 THEN
        outcome := 'taken';
    ELSE
        outcome := 'created';
        code_id := insert_code(p_promotion_id => p_promotion_id, p_code => v_wanted, p_staff => p_staff);
    END IF;
END $$;

CREATE FUNCTION public.create_group(p_title text, p_staff public.staff_request, OUT outcome text, OUT group_id bigint) RETURNS record
    LANGUAGE plpgsql
    AS $$
BEGIN
    SELECT f.outcome, f.resource_id::bigint INTO outcome, group_id FROM find_staff_request(p_staff) AS f;
    IF outcome <> 'new' THEN
        outcome := CASE outcome WHEN 'repeated' THEN 'created' ELSE outcome END;
        RETURN;
    END IF;
    INSERT INTO user_groups AS g (title) VALUES (p_title) RETURNING g.id INTO group_id;
    PERFORM record_staff_change(
        p_staff => p_staff, p_resource => 'group', p_resource_id => group_id::text, p_action => 'create',
        p_details => jsonb_build_object('title', p_title, 'version', 1)
    );
    outcome := 'created';
END $$;

CREATE FUNCTION public.create_promotion(p_promotion jsonb, p_codes jsonb, p_staff public.staff_request, OUT outcome text, OUT promotion_id bigint, OUT fields text[]) RETURNS record
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_wanted promotions := jsonb_populate_record(NULL::promotions, p_promotion);
    v_code promo_codes;
BEGIN
    SELECT f.outcome, f.resource_id::bigint INTO outcome, promotion_id FROM find_staff_request(p_staff) AS f;
    IF outcome <> 'new' THEN
        outcome := CASE outcome WHEN 'repeated' THEN 'created' ELSE outcome END;
        RETURN;
    END IF;
    fields := unknown_references(p_promotion => v_wanted, p_before => NULL) || ARRAY(
        SELECT 'promocodes[' || c.nth - 1 || '].user_id'
        FROM jsonb_array_elements(p_codes) WITH ORDINALITY AS c (entry, nth)
        WHERE is_unknown_user((c.entry ->> 'user_id')::uuid)
        ORDER BY c.nth
    );
    IF cardinality(fields) > 0 THEN
        outcome := 'unknown';
        RETURN;
    END IF;
    fields := taken_texts(ARRAY(SELECT c.entry ->> 'code' FROM jsonb_array_elements(p_codes) AS c (entry)));
    IF cardinality(fields) > 0 THEN
        outcome := 'taken';
        RETURN;
    END IF;
    INSERT INTO promotions AS p (title, status, listed, effect, effect_minor, effect_basis_points, effect_cap_minor, effect_days,
        currency, starts_at, ends_at, time_zone, weekdays, hours_from, hours_to, total_limit, per_user_limit,
        per_user_period, budget_minor, min_price_minor, first_purchase, tariff_ids, audience_group_ids, campaign_id,
        hold_minutes, refund_returns_use, created_at)
    VALUES (
        v_wanted.title, v_wanted.status, v_wanted.listed, v_wanted.effect, v_wanted.effect_minor,
        v_wanted.effect_basis_points, v_wanted.effect_cap_minor, v_wanted.effect_days, v_wanted.currency,
        v_wanted.starts_at, v_wanted.ends_at, v_wanted.time_zone, v_wanted.weekdays, v_wanted.hours_from,
        v_wanted.hours_to, v_wanted.total_limit, v_wanted.per_user_limit, v_wanted.per_user_period,
        v_wanted.budget_minor, v_wanted.min_price_minor, v_wanted.first_purchase, v_wanted.tariff_ids,
        v_wanted.audience_group_ids, v_wanted.campaign_id, v_wanted.hold_minutes, v_wanted.refund_returns_use, p_staff.at
    )
    RETURNING p.id INTO promotion_id;
    PERFORM record_staff_change(
        p_staff => p_staff, p_resource => 'promotion', p_resource_id => promotion_id::text, p_action => 'create',
        p_details => '{"version": 1}'
    );
    FOR v_code IN
        SELECT (jsonb_populate_record(NULL::promo_codes, c.entry)).*
        FROM jsonb_array_elements(p_codes) WITH ORDINALITY AS c (entry, nth) ORDER BY c.nth
    LOOP
        PERFORM insert_code(p_promotion_id => promotion_id, p_code => v_code, p_staff => p_staff);
    END LOOP;
    outcome := 'created';
END $$;

CREATE FUNCTION public.create_tariff(p_tariff jsonb, p_staff public.staff_request, OUT outcome text, OUT tariff_id bigint) RETURNS record
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_wanted tariffs := jsonb_populate_record(NULL::tariffs, p_tariff);
BEGIN
    SELECT f.outcome, f.resource_id::bigint INTO outcome, tariff_id FROM find_staff_request(p_staff) AS f;
    IF outcome <> 'new' THEN
        outcome := CASE outcome WHEN 'repeated' THEN 'created' ELSE outcome END;
        RETURN;
    END IF;
    INSERT INTO tariffs AS t (title, price_minor, currency, period_months, status, created_at)
    VALUES (v_wanted.title, v_wanted.price_minor, v_wanted.currency, v_wanted.period_months, v_wanted.status, p_staff.at)
    RETURNING t.id INTO tariff_id;
    PERFORM record_staff_change(
        p_staff => p_staff, p_resource => 'tariff', p_resource_id => tariff_id::text, p_action => 'create',
        p_details => '{"version": 1}'
    );
    outcome := 'created';
END $$;

CREATE TABLE public.approvals (
    id uuid NOT NULL,
    kind text NOT NULL,
    state text NOT NULL,
    promotion_id bigint,
    purchase_id uuid,
    base_version integer,
    proposal jsonb NOT NULL,
    shown jsonb,
    reason text,
    requested_by uuid NOT NULL,
    requested_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    decided_by uuid,
    decided_at timestamp with time zone,
    decision_reason text,
    CONSTRAINT approvals_base CHECK (((base_version IS NULL) OR (promotion_id IS NOT NULL))),
    CONSTRAINT approvals_by_another CHECK (((state <> ALL (ARRAY['approved'::text, 'rejected'::text])) OR (decided_by <> requested_by))),
    CONSTRAINT approvals_decided CHECK ((((decided_by IS NOT NULL) = (state = ANY (ARRAY['approved'::text, 'rejected'::text, 'withdrawn'::text]))) AND ((decided_by IS NULL) = (decided_at IS NULL)) AND ((decided_by IS NOT NULL) OR (decision_reason IS NULL)))),
    CONSTRAINT approvals_expires CHECK ((expires_at > requested_at)),
    CONSTRAINT approvals_kind_check CHECK ((kind = ANY (ARRAY['promotion'::text, 'refund'::text]))),
    CONSTRAINT approvals_one_subject CHECK ((num_nonnulls(promotion_id, purchase_id) <= 1)),
    CONSTRAINT approvals_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'approved'::text, 'rejected'::text, 'withdrawn'::text, 'expired'::text]))),
    CONSTRAINT approvals_subject CHECK (((kind = 'refund'::text) = (purchase_id IS NOT NULL)))
);
COMMENT ON TABLE public.approvals IS 'A row is a change that a member of staff has asked for and that somebody else has to approve, whatever became of it.';
COMMENT ON COLUMN public.approvals.id IS 'A refund that was approved has the same ID.';
COMMENT ON COLUMN public.approvals.promotion_id IS 'What is to be changed; of a new promotion, NULL until it is approved. It may be deleted by now.';
COMMENT ON COLUMN public.approvals.base_version IS 'The version on which the change was made; NULL for what is new.';
COMMENT ON COLUMN public.approvals.proposal IS 'The arguments of the function that makes the change: see approve.';
COMMENT ON COLUMN public.approvals.shown IS 'The same as staff read it, with what it was made on. Without the texts of codes.';
COMMENT ON COLUMN public.approvals.expires_at IS 'From then on it can''t be approved, whether it is marked as expired yet or not.';

CREATE FUNCTION public.decide_approval(p_approval public.approvals, p_state text, p_reason text, p_staff public.staff_request) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE approvals a
    SET state = p_state, promotion_id = p_approval.promotion_id, decided_by = p_staff.actor_id, decided_at = p_staff.at,
        decision_reason = p_reason
    WHERE a.id = p_approval.id;
    PERFORM record_staff_change(
        p_staff => p_staff, p_resource => 'approval', p_resource_id => p_approval.id::text,
        p_action => CASE p_state WHEN 'approved' THEN 'approve' WHEN 'rejected' THEN 'reject' ELSE 'withdraw' END,
        p_details => jsonb_strip_nulls(jsonb_build_object(
            'kind', p_approval.kind, 'promotion_id', p_approval.promotion_id, 'purchase_id', p_approval.purchase_id,
            'requested_by', p_approval.requested_by
        )),
        p_user_id => (SELECT b.user_id FROM purchases b WHERE b.id = p_approval.purchase_id),
        p_reason => p_reason
    );
END $$;

CREATE FUNCTION public.delete_code(p_code_id bigint, p_version integer, p_staff public.staff_request, OUT outcome text, OUT version integer) RETURNS record
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_promotion promotions;
    v_code promo_codes;
BEGIN
    SELECT f.outcome INTO outcome FROM find_staff_request(p_staff) AS f;
    IF outcome <> 'new' THEN
        outcome := CASE outcome WHEN 'repeated' THEN 'deleted' ELSE outcome END;
        RETURN;
    END IF;
    SELECT p.* INTO v_promotion FROM promotions p
    WHERE p.id = (SELECT c.promotion_id FROM promo_codes c WHERE c.id = p_code_id)
    FOR UPDATE;
    SELECT c.* INTO v_code FROM promo_codes c WHERE c.id = p_code_id FOR UPDATE;
    IF v_code.id IS NULL THEN
        outcome := 'no_code';
        RETURN;
    END IF;
    version := v_code.version;
    IF version <> p_version THEN
        outcome := 'changed';
    ELSIF NOT is_untouched_draft(p_promotion => v_promotion) THEN
        outcome := 'not_draft';
    ELSE
        outcome := 'deleted';
        PERFORM delete_code_row(p_code => v_code, p_staff => p_staff);
    END IF;
END $$;

CREATE TABLE public.promo_codes (
    id bigint NOT NULL,
    promotion_id bigint NOT NULL,
    batch_id bigint,
    user_id uuid,
    max_uses bigint,
    uses bigint DEFAULT 0 NOT NULL,
    ends_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    state text DEFAULT 'issued'::text NOT NULL,
    code text NOT NULL COLLATE pg_catalog."C",
    typed text,
    holds_text boolean DEFAULT true,
    CONSTRAINT promo_codes_holds_text CHECK (holds_text),
    CONSTRAINT promo_codes_id_check CHECK ((id > 0)),
    CONSTRAINT promo_codes_max_uses_check CHECK ((max_uses > 0)),
    CONSTRAINT promo_codes_state_check CHECK ((state = ANY (ARRAY['issued'::text, 'disabled'::text]))),
    CONSTRAINT promo_codes_uses_check CHECK ((uses >= 0)),
    CONSTRAINT promo_codes_version_check CHECK ((version > 0))
)
WITH (fillfactor='90');
COMMENT ON TABLE public.promo_codes IS 'A row is a promo code. `id` is the `promocode_id` of the API. Its rules are those of its promotion.';
COMMENT ON COLUMN public.promo_codes.user_id IS 'The only user who may use it; NULL for everybody whom the promotion is for.';
COMMENT ON COLUMN public.promo_codes.max_uses IS 'The limit on uses of this code alone, besides the limits of its promotion; 1 for a one-time code.';
COMMENT ON COLUMN public.promo_codes.uses IS 'Reserved and spent uses. Counted only where max_uses is set, so that no other row is hot.';
COMMENT ON COLUMN public.promo_codes.ends_at IS 'An end of its own, earlier than that of its promotion.';
COMMENT ON COLUMN public.promo_codes.code IS 'The canonical form: see domain::PromoCode.';
COMMENT ON COLUMN public.promo_codes.typed IS 'The text as staff typed it, which people are shown; NULL when it is the canonical form.';
COMMENT ON COLUMN public.promo_codes.holds_text IS 'NULL once the text belongs to another code, given when the promotion of this one was archived.';

CREATE FUNCTION public.delete_code_row(p_code public.promo_codes, p_staff public.staff_request) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO past_versions (kind, id, version, until, snapshot)
    VALUES ('promo_code', p_code.id, p_code.version, clock_timestamp(), to_jsonb(p_code));
    DELETE FROM promo_codes c WHERE c.id = p_code.id;
    PERFORM record_staff_change(
        p_staff => p_staff, p_resource => 'promo_code', p_resource_id => p_code.id::text, p_action => 'delete',
        p_details => jsonb_build_object('version', p_code.version)
    );
END $$;

CREATE FUNCTION public.delete_group(p_group_id bigint, p_version integer, p_staff public.staff_request, OUT outcome text, OUT version integer) RETURNS record
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_before user_groups;
BEGIN
    SELECT f.outcome INTO outcome FROM find_staff_request(p_staff) AS f;
    IF outcome <> 'new' THEN
        outcome := CASE outcome WHEN 'repeated' THEN 'deleted' ELSE outcome END;
        RETURN;
    END IF;
    SELECT g.* INTO v_before FROM user_groups g WHERE g.id = p_group_id FOR UPDATE;
    version := v_before.version;
    IF v_before.id IS NULL THEN
        outcome := 'no_group';
        RETURN;
    END IF;
    IF version <> p_version THEN
        outcome := 'changed';
        RETURN;
    END IF;
    -- A separate statement, so it sees what was committed before the lock was granted.
    IF EXISTS (SELECT FROM promotions p WHERE p.audience_group_ids @> ARRAY[p_group_id] AND p.status <> 'archived') THEN
        outcome := 'in_use';
        RETURN;
    END IF;
    INSERT INTO past_versions (kind, id, version, until, snapshot)
    VALUES ('group', v_before.id, v_before.version, clock_timestamp(), to_jsonb(v_before));
    DELETE FROM user_groups g WHERE g.id = p_group_id;
    PERFORM record_staff_change(
        p_staff => p_staff, p_resource => 'group', p_resource_id => p_group_id::text, p_action => 'delete',
        p_details => jsonb_build_object('title', v_before.title)
    );
    outcome := 'deleted';
END $$;

CREATE FUNCTION public.delete_promotion(p_promotion_id bigint, p_version integer, p_staff public.staff_request, OUT outcome text, OUT version integer) RETURNS record
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_promotion promotions;
BEGIN
    SELECT f.outcome INTO outcome FROM find_staff_request(p_staff) AS f;
    IF outcome <> 'new' THEN
        outcome := CASE outcome WHEN 'repeated' THEN 'deleted' ELSE outcome END;
        RETURN;
    END IF;
    SELECT p.* INTO v_promotion FROM promotions p WHERE p.id = p_promotion_id FOR UPDATE;
    IF NOT FOUND THEN
        outcome := 'no_promotion';
        RETURN;
    END IF;
    version := v_promotion.version;
    IF version <> p_version THEN
        outcome := 'changed';
        RETURN;
    ELSIF NOT is_untouched_draft(p_promotion => v_promotion) THEN
        outcome := 'not_draft';
        RETURN;
    END IF;
    PERFORM delete_code_row(p_code => c, p_staff => p_staff) FROM promo_codes c WHERE c.promotion_id = p_promotion_id;
    DELETE FROM code_batches b WHERE b.promotion_id = p_promotion_id;
    INSERT INTO past_versions (kind, id, version, until, snapshot)
    VALUES ('promotion', v_promotion.id, v_promotion.version, clock_timestamp(), to_jsonb(v_promotion));
    DELETE FROM promotion_usage s WHERE s.promotion_id = p_promotion_id;
    DELETE FROM promotions p WHERE p.id = p_promotion_id;
    PERFORM record_staff_change(
        p_staff => p_staff, p_resource => 'promotion', p_resource_id => p_promotion_id::text, p_action => 'delete',
        p_details => jsonb_build_object('version', v_promotion.version)
    );
    outcome := 'deleted';
END $$;

CREATE FUNCTION public.end_purchase(p_purchase_id uuid, p_status text, p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    b purchases;
    s subscriptions;
    v_later record;
BEGIN
    SELECT p.* INTO STRICT b FROM purchases p WHERE p.id = p_purchase_id;
    PERFORM lock_subscriptions(p_user_id => b.user_id, p_tariff_id => b.tariff_id);
    PERFORM release_uses(
        p_application_ids => ARRAY[a.id], p_from => 'used', p_to => 'cancelled', p_cancel_reason => p_status,
        p_now => p_now
    )
    FROM applications a JOIN promotions p ON p.id = a.promotion_id
    WHERE a.id = b.application_id AND p.refund_returns_use;
    UPDATE purchases p SET status = p_status, updated_at = p_now WHERE p.id = b.id;
    SELECT o.* INTO STRICT s FROM subscriptions o WHERE o.purchase_id = b.id;
    IF s.ends_at <= p_now THEN
        RETURN;
    END IF;
    UPDATE subscriptions o SET ends_at = greatest(s.starts_at, p_now), months = 0 WHERE o.purchase_id = b.id
    RETURNING o.ends_at, o.months INTO s.ends_at, s.months;
    IF s.starts_at >= p_now THEN
        -- What follows continues the chain that this one continued.
        SELECT o.* INTO s FROM subscriptions o
        WHERE o.user_id = b.user_id AND o.tariff_id = b.tariff_id AND o.ends_at = s.starts_at AND o.purchase_id <> b.id
        ORDER BY o.starts_at DESC LIMIT 1;
        IF NOT FOUND THEN
            SELECT o.* INTO STRICT s FROM subscriptions o WHERE o.purchase_id = b.id;
        END IF;
    END IF;
    FOR v_later IN
        SELECT o.purchase_id, o.time_zone, p.period_months, p.trial_days
        FROM subscriptions o JOIN purchases p ON p.id = o.purchase_id
        WHERE o.user_id = b.user_id AND o.tariff_id = b.tariff_id AND o.starts_at >= s.ends_at
            AND o.purchase_id NOT IN (b.id, s.purchase_id) AND o.ends_at > o.starts_at
        ORDER BY o.starts_at
    LOOP
        UPDATE subscriptions o
        SET starts_at = s.ends_at, ends_at = e.ends_at, anchor = e.anchor, months = e.months
        FROM period_end(
            p_starts_at => s.ends_at, p_time_zone => v_later.time_zone, p_months => v_later.period_months,
            p_days => v_later.trial_days, p_anchor => s.anchor,
            p_months_before => CASE WHEN s.time_zone = v_later.time_zone THEN s.months END
        ) AS e
        WHERE o.purchase_id = v_later.purchase_id
        RETURNING o.* INTO s;
    END LOOP;
    -- Periods without a length, which were ended before they began, do not outlast the others.
    UPDATE subscriptions o SET starts_at = s.ends_at, ends_at = s.ends_at
    WHERE o.user_id = b.user_id AND o.tariff_id = b.tariff_id AND o.starts_at = o.ends_at AND o.ends_at > s.ends_at;
END $$;

CREATE FUNCTION public.end_subscription(p_user_id uuid, p_tariff_id bigint, p_ending_id uuid, p_reason text, p_staff public.staff_request, OUT outcome text, OUT purchase_ids uuid[]) RETURNS record
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_answer jsonb;
    v_purchase_id uuid;
    v_each staff_request := p_staff;
BEGIN
    SELECT f.outcome, f.answer INTO outcome, v_answer FROM find_staff_request(p_staff) AS f;
    IF outcome = 'key_reused' THEN
        RETURN;
    ELSIF outcome = 'repeated' THEN
        outcome := 'ended';
        purchase_ids := ARRAY(SELECT e.id::uuid FROM jsonb_array_elements_text(v_answer) WITH ORDINALITY AS e (id, at)
            ORDER BY e.at);
        RETURN;
    END IF;
    PERFORM FROM users u WHERE u.id = p_user_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        outcome := 'no_user';
        RETURN;
    ELSIF is_own_account(p_staff => p_staff, p_user_id => p_user_id) THEN
        outcome := 'own_account';
        RETURN;
    END IF;
    PERFORM FROM purchases b JOIN subscriptions s ON s.purchase_id = b.id
    WHERE s.user_id = p_user_id AND s.tariff_id = p_tariff_id AND s.ends_at > p_staff.at AND b.status = 'paid'
    ORDER BY b.id FOR NO KEY UPDATE OF b;
    PERFORM lock_subscriptions(p_user_id => p_user_id, p_tariff_id => p_tariff_id);
    SELECT array_agg(b.id ORDER BY s.starts_at, s.ends_at) INTO purchase_ids
    FROM purchases b JOIN subscriptions s ON s.purchase_id = b.id
    WHERE s.user_id = p_user_id AND s.tariff_id = p_tariff_id AND s.ends_at > p_staff.at AND b.status = 'paid';
    IF purchase_ids IS NULL THEN
        outcome := 'none';
        RETURN;
    END IF;
    PERFORM release_uses(
        p_application_ids => array_agg(a.id), p_from => 'used', p_to => 'cancelled', p_cancel_reason => 'revoked',
        p_now => p_staff.at
    )
    FROM purchases b JOIN applications a ON a.id = b.application_id JOIN promotions p ON p.id = a.promotion_id
    WHERE b.id = ANY (purchase_ids) AND p.refund_returns_use;
    PERFORM keep_staff_request(
        p_staff => p_staff, p_resource_id => purchase_ids[1]::text, p_answer => to_jsonb(purchase_ids)
    );
    PERFORM record_staff_change(
        p_staff => p_staff, p_resource => 'subscription', p_resource_id => purchase_ids[1]::text, p_action => 'end',
        p_details => jsonb_build_object('tariff_id', p_tariff_id, 'purchase_ids', purchase_ids),
        p_user_id => p_user_id, p_reason => p_reason
    );
    -- The key belongs to the whole.
    v_each.key := NULL;
    FOREACH v_purchase_id IN ARRAY purchase_ids LOOP
        PERFORM revoke_purchase(
            p_purchase_id => v_purchase_id, p_revocation_id => md5(p_ending_id || ' ' || v_purchase_id)::uuid,
            p_reason => p_reason, p_staff => v_each
        );
    END LOOP;
    outcome := 'ended';
END $$;

CREATE FUNCTION public.enqueue_purchase_event(p_event_id uuid, p_purchase_id uuid, p_refund_minor bigint, p_revoked boolean, p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_sequence bigint;
BEGIN
    INSERT INTO purchase_event_counts AS c (user_id, last) SELECT b.user_id, 1 FROM purchases b WHERE b.id = p_purchase_id
    ON CONFLICT (user_id) DO UPDATE SET last = c.last + 1
    RETURNING c.last INTO v_sequence;
    -- A separate statement: the one above waited for the user's earlier events, so this one sees all that is in them.
    INSERT INTO outbox (event_id, user_id, sequence, purchase_id, tariff_id, code_id, price_minor, total_minor,
        currency, starts_at, ends_at, paid_until, refund_minor, refunded_minor, revoked, occurred_at)
    SELECT p_event_id, b.user_id, v_sequence, b.id, b.tariff_id, a.code_id, b.price_minor, b.total_minor, b.currency,
        s.starts_at, s.ends_at,
        (SELECT max(o.ends_at) FROM subscriptions o WHERE o.user_id = b.user_id AND o.tariff_id = b.tariff_id),
        p_refund_minor,
        CASE WHEN p_refund_minor IS NOT NULL THEN (
            SELECT sum(r.amount_minor) FROM refunds r WHERE r.purchase_id = b.id AND r.status = 'succeeded'
        ) END,
        p_revoked, p_now
    FROM purchases b JOIN subscriptions s ON s.purchase_id = b.id LEFT JOIN applications a ON a.id = b.application_id
    WHERE b.id = p_purchase_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the purchase % is paid but has no subscription', p_purchase_id;
    END IF;
END $$;

CREATE FUNCTION public.expire_applications(p_now timestamp with time zone, p_limit integer, p_user_id uuid DEFAULT NULL::uuid, p_promotion_id bigint DEFAULT NULL::bigint, p_campaign_id bigint DEFAULT NULL::bigint) RETURNS integer
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_ids uuid[];
    v_expired integer;
BEGIN
    IF p_user_id IS NOT NULL THEN
        -- By the index applications_one_open_per_tariff: a user has few.
        v_ids := ARRAY(
            SELECT a.id FROM applications a
            WHERE a.user_id = p_user_id AND a.state IN ('applied', 'paying')
                AND a.state = 'applied' AND a.expires_at <= p_now
                AND (p_promotion_id IS NULL OR a.promotion_id = p_promotion_id)
                AND (p_campaign_id IS NULL OR a.campaign_id = p_campaign_id)
            LIMIT p_limit
        );
    ELSE
        -- By the index applications_to_expire.
        v_ids := ARRAY(
            SELECT a.id FROM applications a
            WHERE a.state = 'applied' AND a.expires_at <= p_now
                AND (p_promotion_id IS NULL OR a.promotion_id = p_promotion_id)
                AND (p_campaign_id IS NULL OR a.campaign_id = p_campaign_id)
            ORDER BY a.expires_at LIMIT p_limit
        );
    END IF;
    SELECT count(*)::integer INTO v_expired
    FROM release_uses(
        p_application_ids => v_ids, p_from => 'applied', p_to => 'expired', p_cancel_reason => NULL, p_now => p_now
    );
    RETURN v_expired;
END $$;

CREATE FUNCTION public.extend_application(p_application_id uuid, p_until timestamp with time zone, p_staff public.staff_request, p_reason text) RETURNS text
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_request text;
    a applications;
BEGIN
    SELECT f.outcome INTO v_request FROM find_staff_request(p_staff) AS f;
    IF v_request <> 'new' THEN
        RETURN CASE v_request WHEN 'repeated' THEN 'extended' ELSE v_request END;
    END IF;
    SELECT o.* INTO a FROM applications o WHERE o.id = p_application_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN 'no_application';
    ELSIF is_own_account(p_staff => p_staff, p_user_id => a.user_id) THEN
        RETURN 'own_account';
    ELSIF a.state = 'cancelled' THEN
        RETURN 'ended';
    ELSIF a.state <> 'applied' THEN
        RETURN a.state::text;
    ELSIF a.expires_at <= p_staff.at THEN
        RETURN 'expired';
    ELSIF a.expires_at < p_until THEN
        UPDATE applications o SET expires_at = p_until WHERE o.id = a.id;
        PERFORM record_staff_change(
            p_staff => p_staff, p_resource => 'application', p_resource_id => a.id::text, p_action => 'extend',
            p_details => jsonb_build_object('before', a.expires_at, 'after', p_until), p_user_id => a.user_id,
            p_reason => p_reason
        );
    ELSE
        PERFORM keep_staff_request(p_staff => p_staff, p_resource_id => a.id::text);
    END IF;
    RETURN 'extended';
END $$;

CREATE FUNCTION public.fail_purchase(p_purchase_id uuid, p_reference text, p_failure text, p_now timestamp with time zone) RETURNS text
    LANGUAGE plpgsql
    AS $$
DECLARE
    b purchases;
BEGIN
    SELECT p.* INTO b FROM purchases p WHERE p.id = p_purchase_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN 'no_purchase';
    ELSIF b.payment_id <> p_reference THEN
        RETURN 'another_payment';
    ELSIF b.status = 'failed' THEN
        IF p_reference IS NOT NULL THEN
            UPDATE purchases p SET check_at = NULL WHERE p.id = b.id AND p.check_at IS NOT NULL;
        END IF;
        RETURN 'before';
    ELSIF b.status <> 'pending' THEN
        RETURN 'paid';
    END IF;
    PERFORM release_uses(
        p_application_ids => ARRAY[b.application_id], p_from => 'paying', p_to => 'cancelled',
        p_cancel_reason => CASE p_failure
            WHEN 'payment_expired' THEN 'payment_expired'
            WHEN 'cancelled_by_buyer' THEN 'user'
            WHEN 'not_first_purchase' THEN 'not_first_purchase'
            WHEN 'user_not_active' THEN (
                SELECT CASE u.status WHEN 'deleted' THEN 'user_deleted' ELSE 'user_blocked' END
                FROM users u WHERE u.id = b.user_id
            )
            ELSE 'payment_failed'
        END,
        p_now => p_now
    );
    UPDATE purchases p SET status = 'failed', failure = p_failure, updated_at = p_now,
        check_at = CASE WHEN p_failure = 'cancelled_by_buyer' AND b.payment_id IS NOT NULL THEN b.check_at END
    WHERE p.id = b.id;
    RETURN 'failed';
END $$;

CREATE TABLE public.applications (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    person_id uuid NOT NULL,
    code_id bigint NOT NULL,
    promotion_id bigint NOT NULL,
    campaign_id bigint,
    tariff_id bigint NOT NULL,
    price_minor bigint NOT NULL,
    total_minor bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    trial_days integer,
    code_version integer NOT NULL,
    promotion_version integer NOT NULL,
    campaign_version integer,
    tariff_version integer NOT NULL,
    rule_set smallint NOT NULL,
    stripe smallint NOT NULL,
    campaign_stripe smallint,
    code_counted boolean NOT NULL,
    first_purchase boolean NOT NULL,
    currency text NOT NULL,
    state public.application_state NOT NULL,
    cancel_reason public.cancel_reason,
    observed jsonb NOT NULL,
    applied_by uuid,
    waived text[],
    reason text,
    CONSTRAINT applications_cancel_reason CHECK ((((state)::text = 'cancelled'::text) = (cancel_reason IS NOT NULL))),
    CONSTRAINT applications_total CHECK (((total_minor >= 0) AND (total_minor <= price_minor)))
);
COMMENT ON TABLE public.applications IS 'A row is an application: a use of a promo code by a user for a tariff, and the decision that accepted it.';
COMMENT ON COLUMN public.applications.person_id IS 'The first account of the person: limits apply to people, across deleted accounts.';
COMMENT ON COLUMN public.applications.rule_set IS 'Which rules were evaluated: see domain::RULE_SET.';
COMMENT ON COLUMN public.applications.stripe IS 'The stripe of the promotion''s counter that the use was reserved in; it is released there.';
COMMENT ON COLUMN public.applications.code_counted IS 'Whether the use counts in promo_codes.uses; if so, it is released there.';
COMMENT ON COLUMN public.applications.first_purchase IS 'Whether the promotion was for first purchases: a person has one live application of this kind.';
COMMENT ON COLUMN public.applications.observed IS 'What the decision saw besides the versions: see domain::Observed.';
COMMENT ON COLUMN public.applications.applied_by IS 'The member of staff who applied the code for the user.';
COMMENT ON COLUMN public.applications.waived IS 'The rules that would have refused and were waived: see domain::Waivers.';
COMMENT ON COLUMN public.applications.reason IS 'Why staff applied it. Not shown to the user.';

CREATE FUNCTION public.find_applications(p_user_id uuid, p_code_id bigint, p_promotion_id bigint, p_campaign_id bigint, p_tariff_id bigint, p_state text, p_by_staff boolean, p_from timestamp with time zone, p_to timestamp with time zone, p_from_id uuid, p_to_id uuid, p_at timestamp with time zone, p_id uuid, p_limit bigint) RETURNS SETOF public.applications
    LANGUAGE plpgsql STABLE ROWS 20
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
DECLARE
    -- The index is that of the promotion. A code stays with its promotion.
    v_promotion_id CONSTANT bigint := coalesce(
        p_promotion_id,
        CASE WHEN p_code_id IS NOT NULL THEN
            coalesce((SELECT c.promotion_id FROM promo_codes c WHERE c.id = p_code_id), -1)
        END
    );
BEGIN
    IF coalesce(p_user_id::text, v_promotion_id::text, p_campaign_id::text) IS NULL AND p_by_staff IS DISTINCT FROM true THEN
        RETURN QUERY
        SELECT a.* FROM applications a
        WHERE a.id >= p_from_id AND a.id < p_to_id AND (p_id IS NULL OR a.id < p_id)
            AND a.created_at >= p_from AND a.created_at < p_to AND (p_by_staff IS NULL OR a.applied_by IS NULL)
            AND (p_tariff_id IS NULL OR a.tariff_id = p_tariff_id) AND (p_state IS NULL OR a.state = p_state)
        ORDER BY a.id DESC LIMIT p_limit;
        RETURN;
    END IF;
    RETURN QUERY
    SELECT a.* FROM applications a
    WHERE (p_user_id IS NULL OR a.user_id = p_user_id)
        AND (v_promotion_id IS NULL OR a.promotion_id = v_promotion_id)
        AND (p_code_id IS NULL OR a.code_id = p_code_id)
        AND (p_campaign_id IS NULL OR a.campaign_id = p_campaign_id)
        AND (p_tariff_id IS NULL OR a.tariff_id = p_tariff_id)
        AND (p_state IS NULL OR a.state = p_state)
        AND (p_by_staff IS DISTINCT FROM true OR a.applied_by IS NOT NULL)
        AND (p_by_staff IS DISTINCT FROM false OR a.applied_by IS NULL)
        AND (p_from IS NULL OR a.created_at >= p_from) AND (p_to IS NULL OR a.created_at < p_to)
        -- The first condition is for the index.
        AND (p_at IS NULL OR (a.created_at <= p_at AND (a.created_at, a.id) < (p_at, p_id)))
    ORDER BY a.created_at DESC, a.id DESC LIMIT p_limit;
END $$;

CREATE TABLE public.refusals (
    id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    user_id uuid NOT NULL,
    code_id bigint NOT NULL,
    promotion_id bigint NOT NULL,
    campaign_id bigint,
    tariff_id bigint NOT NULL,
    code_version integer NOT NULL,
    promotion_version integer NOT NULL,
    campaign_version integer,
    tariff_version integer NOT NULL,
    rule_set smallint NOT NULL,
    refused text[] NOT NULL,
    observed jsonb NOT NULL,
    applied_by uuid,
    waived text[],
    reason text,
    CONSTRAINT refusals_refused_check CHECK ((cardinality(refused) > 0))
)
PARTITION BY RANGE (at);
COMMENT ON TABLE public.refusals IS 'A row is a decision that refused a promo code. Partitioned by month, so that old refusals are deleted by dropping a table.';
COMMENT ON COLUMN public.refusals.refused IS 'The rules that refused: see domain::RuleCode. All others of the rule set passed.';
COMMENT ON COLUMN public.refusals.applied_by IS 'The member of staff who wanted to apply the code for the user.';
COMMENT ON COLUMN public.refusals.waived IS 'The rules that would have refused as well and were waived.';

CREATE VIEW public.decisions AS
 SELECT applications.id,
    applications.created_at AS at,
    applications.user_id,
    applications.code_id,
    applications.promotion_id,
    applications.campaign_id,
    applications.tariff_id,
    applications.code_version,
    applications.promotion_version,
    applications.campaign_version,
    applications.tariff_version,
    applications.rule_set,
    '{}'::text[] AS refused,
    applications.observed,
    applications.applied_by,
    applications.waived,
    applications.reason
   FROM public.applications
UNION ALL
 SELECT refusals.id,
    refusals.at,
    refusals.user_id,
    refusals.code_id,
    refusals.promotion_id,
    refusals.campaign_id,
    refusals.tariff_id,
    refusals.code_version,
    refusals.promotion_version,
    refusals.campaign_version,
    refusals.tariff_version,
    refusals.rule_set,
    refusals.refused,
    refusals.observed,
    refusals.applied_by,
    refusals.waived,
    refusals.reason
   FROM public.refusals;
COMMENT ON VIEW public.decisions IS 'A row is the decision about a user, a code and a tariff: an application or a refusal.';

CREATE FUNCTION public.find_decisions(p_user_id uuid, p_code_id bigint, p_codes text[], p_promotion_id bigint, p_reason text, p_accepted boolean, p_from timestamp with time zone, p_to timestamp with time zone, p_at timestamp with time zone, p_id uuid, p_limit bigint) RETURNS SETOF public.decisions
    LANGUAGE plpgsql STABLE
    AS $$
DECLARE
    v_any_code CONSTANT boolean := p_code_id IS NULL AND p_codes IS NULL;
    v_code_ids CONSTANT bigint[] := ARRAY (
        SELECT p_code_id WHERE p_code_id IS NOT NULL
        UNION
        SELECT c.id FROM promo_codes c WHERE c.code = ANY (p_codes)
        UNION
        -- Under an earlier text, or deleted since.
        SELECT v.id FROM past_versions v WHERE v.kind = 'promo_code' AND v.snapshot ->> 'code' = ANY (p_codes)
    );
    v_promotion_ids bigint[];
    v_from CONSTANT timestamptz := coalesce(p_from, '-infinity');
    v_to CONSTANT timestamptz := coalesce(p_to, 'infinity');
    v_at CONSTANT timestamptz := least(coalesce(p_at, 'infinity'), v_to);
    v_id CONSTANT uuid := coalesce(p_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
BEGIN
    IF p_user_id IS NOT NULL THEN
        RETURN QUERY
        SELECT d.* FROM decisions d
        WHERE d.user_id = p_user_id AND (v_any_code OR d.code_id = ANY (v_code_ids))
            AND (p_promotion_id IS NULL OR d.promotion_id = p_promotion_id)
            AND (p_reason IS NULL OR p_reason = ANY (d.refused))
            AND (p_accepted IS NULL OR p_accepted = (cardinality(d.refused) = 0))
            -- The first condition is for the index.
            AND d.at BETWEEN v_from AND v_at AND d.at < v_to AND (d.at, d.id) < (v_at, v_id)
        ORDER BY d.at DESC, d.id DESC
        LIMIT p_limit;
        RETURN;
    END IF;
    v_promotion_ids := CASE
        WHEN p_promotion_id IS NOT NULL THEN ARRAY[p_promotion_id]
        WHEN v_any_code THEN ARRAY (
            SELECT p.id FROM promotions p
            UNION
            -- Deleted since.
            SELECT v.id FROM past_versions v WHERE v.kind = 'promotion'
        )
        ELSE ARRAY (
            SELECT c.promotion_id FROM promo_codes c WHERE c.id = ANY (v_code_ids)
            UNION
            SELECT (v.snapshot ->> 'promotion_id')::bigint FROM past_versions v
            WHERE v.kind = 'promo_code' AND v.id = ANY (v_code_ids)
        )
    END;
    RETURN QUERY
    SELECT newest.* FROM unnest(v_promotion_ids) AS p (id)
    CROSS JOIN LATERAL (
        SELECT d.* FROM decisions d
        WHERE d.promotion_id = p.id AND (v_any_code OR d.code_id = ANY (v_code_ids))
            AND (p_reason IS NULL OR p_reason = ANY (d.refused))
            AND (p_accepted IS NULL OR p_accepted = (cardinality(d.refused) = 0))
            AND d.at BETWEEN v_from AND v_at AND d.at < v_to AND (d.at, d.id) < (v_at, v_id)
        ORDER BY d.at DESC, d.id DESC
        LIMIT p_limit
    ) AS newest
    ORDER BY newest.at DESC, newest.id DESC
    LIMIT p_limit;
END $$;

CREATE FUNCTION public.find_staff_request(p_staff public.staff_request, OUT outcome text, OUT resource_id text, OUT answer jsonb) RETURNS record
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_earlier staff_requests;
BEGIN
    outcome := 'new';
    IF p_staff.key IS NULL THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended(p_staff.actor_id || encode(p_staff.key, 'hex'), 0));
    SELECT r.* INTO v_earlier FROM staff_requests r WHERE r.actor_id = p_staff.actor_id AND r.key = p_staff.key;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF v_earlier.fingerprint = p_staff.fingerprint THEN
        outcome := 'repeated';
        resource_id := v_earlier.resource_id;
        answer := v_earlier.answer;
    ELSE
        -- Without the ID: that of another kind of thing may be no number.
        outcome := 'key_reused';
    END IF;
END $$;

CREATE FUNCTION public.free_text(p_code text) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE promo_codes c SET holds_text = NULL FROM promotions p
    WHERE c.code = p_code AND c.holds_text AND p.id = c.promotion_id AND p.status = 'archived';
END $$;

CREATE FUNCTION public.give_subscription(p_purchase_id uuid, p_user_id uuid, p_tariff_id bigint, p_months integer, p_days integer, p_reason text, p_time_zone text, p_staff public.staff_request, OUT outcome text, OUT purchase_id uuid) RETURNS record
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_status text;
    v_tariff tariffs;
BEGIN
    SELECT f.outcome, f.resource_id::uuid INTO outcome, purchase_id FROM find_staff_request(p_staff) AS f;
    IF outcome <> 'new' THEN
        outcome := CASE outcome WHEN 'repeated' THEN 'given' ELSE outcome END;
        RETURN;
    END IF;
    SELECT u.status INTO v_status FROM users u WHERE u.id = p_user_id FOR SHARE;
    SELECT t.* INTO v_tariff FROM tariffs t WHERE t.id = p_tariff_id;
    outcome := CASE
        WHEN is_own_account(p_staff => p_staff, p_user_id => p_user_id) THEN 'own_account'
        WHEN coalesce(v_status, 'deleted') = 'deleted' THEN 'no_user'
        WHEN v_status <> 'active' THEN 'blocked'
        WHEN v_tariff.id IS NULL THEN 'no_tariff'
    END;
    IF outcome IS NOT NULL THEN
        RETURN;
    END IF;
    PERFORM lock_subscriptions(p_user_id => p_user_id, p_tariff_id => p_tariff_id);
    IF v_tariff.status <> 'active' THEN
        PERFORM FROM subscriptions s
        WHERE s.user_id = p_user_id AND s.tariff_id = p_tariff_id AND s.ends_at > p_staff.at AND s.ends_at > s.starts_at;
        IF NOT FOUND THEN
            outcome := 'not_on_sale';
            RETURN;
        END IF;
    END IF;
    INSERT INTO purchases (id, user_id, tariff_id, status, price_minor, total_minor, currency, period_months, trial_days,
        created_at, updated_at, given_by, give_reason)
    VALUES (p_purchase_id, p_user_id, p_tariff_id, 'paid', v_tariff.price_minor, 0, v_tariff.currency, p_months, p_days,
        p_staff.at, p_staff.at, p_staff.actor_id, p_reason);
    PERFORM subscribe(
        p_purchase_id => p_purchase_id, p_user_id => p_user_id, p_tariff_id => p_tariff_id, p_months => p_months,
        p_days => p_days, p_time_zone => p_time_zone, p_now => p_staff.at
    );
    PERFORM record_staff_change(
        p_staff => p_staff, p_resource => 'subscription', p_resource_id => p_purchase_id::text, p_action => 'give',
        p_details => jsonb_strip_nulls(
            jsonb_build_object('tariff_id', p_tariff_id, 'months', p_months, 'days', p_days)
        ),
        p_user_id => p_user_id, p_reason => p_reason
    );
    outcome := 'given';
    purchase_id := p_purchase_id;
END $$;

CREATE FUNCTION public.has_purchased(p_person_id uuid, p_kind text) RETURNS boolean
    LANGUAGE plpgsql STABLE
    AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM purchases b
        WHERE b.user_id = p_person_id AND b.status = 'paid' AND b.given_by IS NULL
            AND (p_kind = 'any' OR b.total_minor > 0)
    ) OR EXISTS (
        SELECT FROM users u JOIN purchases b ON b.user_id = u.id
        WHERE u.first_account_id = p_person_id AND b.status = 'paid' AND b.given_by IS NULL
            AND (p_kind = 'any' OR b.total_minor > 0)
    );
END $$;

CREATE FUNCTION public.import_members(p_group_id bigint, p_mode text, p_user_ids uuid[], p_dry_run boolean, p_staff public.staff_request, OUT outcome text, OUT unknown_count bigint, OUT unknown_positions bigint[], OUT added bigint, OUT removed bigint) RETURNS record
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
DECLARE
    v_answer jsonb;
    v_new uuid[];
    v_gone uuid[];
BEGIN
    added := 0;
    removed := 0;
    IF p_dry_run THEN
        PERFORM FROM user_groups g WHERE g.id = p_group_id;
    ELSE
        SELECT f.outcome, f.answer INTO outcome, v_answer FROM find_staff_request(p_staff) AS f;
        IF outcome = 'repeated' THEN
            outcome := 'done';
            added := coalesce((v_answer ->> 'added')::bigint, 0);
            removed := coalesce((v_answer ->> 'removed')::bigint, 0);
            RETURN;
        ELSIF outcome <> 'new' THEN
            RETURN;
        END IF;
        -- Changes of one group wait for each other.
        PERFORM FROM user_groups g WHERE g.id = p_group_id FOR NO KEY UPDATE;
    END IF;
    IF NOT FOUND THEN
        outcome := 'no_group';
        RETURN;
    END IF;
    SELECT count(*), (array_agg(o.position ORDER BY o.position))[:100] INTO unknown_count, unknown_positions
    FROM unnest(p_user_ids) WITH ORDINALITY AS o (user_id, position)
    WHERE NOT EXISTS (SELECT FROM users u WHERE u.id = o.user_id AND u.status <> 'deleted');
    IF unknown_count > 0 THEN
        outcome := 'unknown';
        RETURN;
    END IF;
    outcome := 'done';

    IF p_mode IN ('add', 'replace') THEN
        v_new := ARRAY(
            SELECT o.user_id FROM unnest(p_user_ids) AS o (user_id)
            EXCEPT SELECT m.user_id FROM group_members m WHERE m.group_id = p_group_id
            ORDER BY 1
        );
    END IF;
    IF p_mode = 'remove' THEN
        v_gone := ARRAY(
            SELECT m.user_id FROM group_members m WHERE m.group_id = p_group_id
            INTERSECT SELECT o.user_id FROM unnest(p_user_ids) AS o (user_id)
        );
    ELSIF p_mode = 'replace' THEN
        v_gone := ARRAY(
            SELECT m.user_id FROM group_members m WHERE m.group_id = p_group_id
            EXCEPT SELECT o.user_id FROM unnest(p_user_ids) AS o (user_id)
        );
    END IF;
    added := coalesce(cardinality(v_new), 0)::bigint;
    removed := coalesce(cardinality(v_gone), 0)::bigint;
    IF p_dry_run THEN
        RETURN;
    END IF;
    PERFORM keep_staff_request(
        p_staff => p_staff, p_resource_id => p_group_id::text,
        p_answer => jsonb_build_object('added', added, 'removed', removed)
    );
    IF added + removed = 0 THEN
        RETURN;
    END IF;

    IF added > 0 THEN
        INSERT INTO group_members (group_id, user_id, added_at)
        SELECT p_group_id, o.user_id, p_staff.at FROM unnest(v_new) AS o (user_id);
        -- As late as possible, since whoever applies a promo code waits for it. A deletion that came first has not seen
        -- the memberships, so they end here; one that comes later waits, and ends them itself.
        PERFORM FROM unnest(v_new) AS o (user_id) JOIN users u ON u.id = o.user_id ORDER BY u.id FOR SHARE OF u;
        DELETE FROM group_members m USING unnest(v_new) AS o (user_id), users u
        WHERE u.id = o.user_id AND u.status = 'deleted' AND m.group_id = p_group_id AND m.user_id = u.id;
    END IF;
    -- After the users are locked: a deletion that holds one of them may wait for these rows.
    IF removed > 0 THEN
        DELETE FROM group_members m USING unnest(v_gone) AS o (user_id)
        WHERE m.group_id = p_group_id AND m.user_id = o.user_id;
    END IF;
    PERFORM record_staff_change(
        p_staff => p_staff, p_resource => 'group', p_resource_id => p_group_id::text, p_action => 'import_members',
        p_details => jsonb_build_object('mode', p_mode, 'added', added, 'removed', removed)
    );
END $$;

CREATE FUNCTION public.insert_code(p_promotion_id bigint, p_code public.promo_codes, p_staff public.staff_request) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_code_id bigint;
BEGIN
    PERFORM free_text(p_code => p_code.code);
    INSERT INTO promo_codes AS c (promotion_id, code, typed, user_id, max_uses, ends_at, state, created_at)
    VALUES (p_promotion_id, p_code.code, p_code.typed, p_code.user_id, p_code.max_uses, p_code.ends_at,
        p_code.state, p_staff.at)
    RETURNING c.id INTO v_code_id;
    PERFORM record_staff_change(
        p_staff => p_staff, p_resource => 'promo_code', p_resource_id => v_code_id::text, p_action => 'create',
        p_details => '{"version": 1}', p_user_id => p_code.user_id
    );
    RETURN v_code_id;
END $$;

CREATE FUNCTION public.is_own_account(p_staff public.staff_request, p_user_id uuid) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    SELECT person_of(p_staff.actor_id) = person_of(p_user_id)
$$;

CREATE FUNCTION public.is_unknown_user(p_user_id uuid) RETURNS boolean
    LANGUAGE plpgsql STABLE
    AS $$
BEGIN
    RETURN p_user_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM users u WHERE u.id = p_user_id AND u.status <> 'deleted');
END $$;

CREATE FUNCTION public.is_unlisted(p_listed boolean, p_batch_id bigint, p_user_id uuid) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    AS $$
    SELECT NOT p_listed OR p_batch_id IS NOT NULL OR p_user_id IS NOT NULL
$$;

CREATE TABLE public.promotions (
    id bigint NOT NULL,
    title text NOT NULL,
    status text DEFAULT 'draft'::text NOT NULL,
    listed boolean DEFAULT false NOT NULL,
    effect text NOT NULL,
    effect_minor bigint,
    effect_basis_points integer,
    effect_cap_minor bigint,
    effect_days integer,
    currency text DEFAULT 'RUB'::text NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone,
    time_zone text DEFAULT 'Europe/Moscow'::text NOT NULL,
    weekdays smallint[],
    hours_from time without time zone,
    hours_to time without time zone,
    total_limit bigint,
    per_user_limit integer DEFAULT 1,
    per_user_period text DEFAULT 'lifetime'::text NOT NULL,
    budget_minor bigint,
    min_price_minor bigint,
    first_purchase text,
    tariff_ids bigint[],
    audience_group_ids bigint[],
    campaign_id bigint,
    hold_minutes integer DEFAULT 30 NOT NULL,
    refund_returns_use boolean DEFAULT true NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT promotions_audience_group_ids_check CHECK ((cardinality(audience_group_ids) > 0)),
    CONSTRAINT promotions_budget_minor_check CHECK ((budget_minor > 0)),
    CONSTRAINT promotions_check CHECK ((ends_at > starts_at)),
    CONSTRAINT promotions_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT promotions_effect CHECK (
CASE effect
    WHEN 'percent_off'::text THEN ((effect_basis_points IS NOT NULL) AND (num_nonnulls(effect_minor, effect_days) = 0))
    WHEN 'free'::text THEN ((effect_days IS NOT NULL) AND (num_nonnulls(effect_minor, effect_basis_points, effect_cap_minor) = 0))
    ELSE ((effect_minor IS NOT NULL) AND (num_nonnulls(effect_basis_points, effect_cap_minor, effect_days) = 0))
END),
    CONSTRAINT promotions_effect_basis_points_check CHECK (((effect_basis_points >= 1) AND (effect_basis_points <= 10000))),
    CONSTRAINT promotions_effect_cap_minor_check CHECK ((effect_cap_minor > 0)),
    CONSTRAINT promotions_effect_check CHECK ((effect = ANY (ARRAY['fixed_price'::text, 'free'::text, 'percent_off'::text, 'amount_off'::text]))),
    CONSTRAINT promotions_effect_days_check CHECK (((effect_days >= 1) AND (effect_days <= 3660))),
    CONSTRAINT promotions_effect_minor_check CHECK ((effect_minor > 0)),
    CONSTRAINT promotions_first_purchase_check CHECK ((first_purchase = ANY (ARRAY['paid'::text, 'any'::text]))),
    CONSTRAINT promotions_hold_minutes_check CHECK (((hold_minutes >= 1) AND (hold_minutes <= 10080))),
    CONSTRAINT promotions_hours CHECK (((num_nulls(hours_from, hours_to) = 2) OR ((num_nulls(hours_from, hours_to) = 0) AND (hours_from <> hours_to)))),
    CONSTRAINT promotions_id_check CHECK ((id > 0)),
    CONSTRAINT promotions_min_price_minor_check CHECK ((min_price_minor > 0)),
    CONSTRAINT promotions_per_user_limit_check CHECK ((per_user_limit > 0)),
    CONSTRAINT promotions_per_user_period_check CHECK ((per_user_period = ANY (ARRAY['lifetime'::text, 'day'::text, 'week'::text, 'month'::text]))),
    CONSTRAINT promotions_status_check CHECK ((status = ANY (ARRAY['draft'::text, 'active'::text, 'paused'::text, 'archived'::text]))),
    CONSTRAINT promotions_tariff_ids_check CHECK ((cardinality(tariff_ids) > 0)),
    CONSTRAINT promotions_total_limit_check CHECK ((total_limit > 0)),
    CONSTRAINT promotions_version_check CHECK ((version > 0)),
    CONSTRAINT promotions_weekdays_check CHECK (((cardinality(weekdays) > 0) AND (weekdays <@ '{1,2,3,4,5,6,7}'::smallint[])))
);
COMMENT ON TABLE public.promotions IS 'A row is an offer with all its rules. Users reach it through its promo codes: one, or a million.';
COMMENT ON COLUMN public.promotions.listed IS 'Whether its shared codes are shown to the users who may use them. An unlisted code works only by its text.';
COMMENT ON COLUMN public.promotions.ends_at IS 'The first instant at which it no longer works; NULL for no end.';
COMMENT ON COLUMN public.promotions.time_zone IS 'The time zone of the weekdays, the hours and the periods of the per-user limit: a name from the IANA time zone database.';
COMMENT ON COLUMN public.promotions.weekdays IS 'ISO weekdays: 1 is Monday. NULL for every day.';
COMMENT ON COLUMN public.promotions.hours_from IS 'The interval is half-open, and spans midnight if hours_from is the later. NULL for the whole day.';
COMMENT ON COLUMN public.promotions.total_limit IS 'The limit on uses of all its codes together; NULL for no limit.';
COMMENT ON COLUMN public.promotions.first_purchase IS 'Only for people without a purchase so far: without one that they paid for, or without any, free ones included; NULL for everybody.';
COMMENT ON COLUMN public.promotions.tariff_ids IS 'NULL for every tariff.';
COMMENT ON COLUMN public.promotions.audience_group_ids IS 'The members of any of these groups may use it; NULL for everybody.';
COMMENT ON COLUMN public.promotions.hold_minutes IS 'How long an application holds its use before it expires.';
COMMENT ON COLUMN public.promotions.refund_returns_use IS 'Whether the use is released when the whole purchase is refunded.';

CREATE FUNCTION public.is_untouched_draft(p_promotion public.promotions) RETURNS boolean
    LANGUAGE plpgsql STABLE
    AS $$
BEGIN
    RETURN p_promotion.status = 'draft' AND NOT EXISTS (
        SELECT FROM past_versions v
        WHERE v.kind = 'promotion' AND v.id = p_promotion.id AND v.snapshot ->> 'status' <> 'draft'
    );
END $$;

CREATE FUNCTION public.keep_group_member() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO past_group_members (group_id, user_id, added_at, removed_at)
    VALUES (OLD.group_id, OLD.user_id, OLD.added_at, clock_timestamp());
    RETURN NULL;
END $$;

CREATE FUNCTION public.keep_insider(p_actor_id uuid, p_at timestamp with time zone, p_promotion_id bigint, p_code_ids bigint[]) RETURNS bigint[]
    LANGUAGE sql
    AS $$
    WITH kept AS (
        INSERT INTO insiders (person_id, promotion_id, code_id, since)
        SELECT person_of(p_actor_id), k.promotion_id, k.code_id, p_at
        FROM (
            SELECT p_promotion_id AS promotion_id, NULL::bigint AS code_id WHERE p_promotion_id IS NOT NULL
            UNION ALL
            SELECT NULL, c.id FROM unnest(p_code_ids) AS c (id)
        ) AS k
        -- Always in one order, so that two of the same person do not wait for each other.
        ORDER BY k.promotion_id, k.code_id
        ON CONFLICT DO NOTHING
        RETURNING code_id
    )
    SELECT coalesce(array_agg(k.code_id ORDER BY k.code_id) FILTER (WHERE k.code_id IS NOT NULL), '{}') FROM kept k
$$;

CREATE FUNCTION public.keep_past_version() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO past_versions (kind, id, version, until, snapshot)
    VALUES (TG_ARGV[0], OLD.id, OLD.version, clock_timestamp(), to_jsonb(OLD));
    NEW.version := OLD.version + 1;
    RETURN NEW;
END $$;

CREATE FUNCTION public.keep_purchase_key(p_user_id uuid, p_key text, p_purchase_id uuid) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF p_key IS NULL THEN
        RETURN;
    END IF;
    INSERT INTO purchase_keys AS k (user_id, key, purchase_id) VALUES (p_user_id, p_key, p_purchase_id)
    ON CONFLICT (user_id, key) DO UPDATE SET purchase_id = k.purchase_id WHERE k.purchase_id = p_purchase_id;
    IF NOT FOUND THEN
        RAISE unique_violation USING CONSTRAINT = 'purchase_keys_pkey', MESSAGE = 'the key belongs to another purchase';
    END IF;
END $$;

CREATE FUNCTION public.keep_staff_request(p_staff public.staff_request, p_resource_id text, p_answer jsonb DEFAULT NULL::jsonb) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF p_staff.key IS NOT NULL THEN
        INSERT INTO staff_requests (actor_id, key, fingerprint, resource_id, at, answer)
        VALUES (p_staff.actor_id, p_staff.key, p_staff.fingerprint, p_resource_id, p_staff.at, p_answer)
        ON CONFLICT DO NOTHING;
    END IF;
END $$;

CREATE FUNCTION public.keep_user_status() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO user_statuses (user_id, version, at, status) VALUES (NEW.id, NEW.version, NEW.updated_at, NEW.status)
    ON CONFLICT (user_id, version, at) DO UPDATE SET status = excluded.status;
    RETURN NULL;
END $$;

CREATE FUNCTION public.known_since(p_person_id uuid, p_promotion_id bigint, p_code_id bigint) RETURNS timestamp with time zone
    LANGUAGE sql STABLE
    AS $$
    SELECT least(
        (
            SELECT i.since FROM insiders i
            WHERE i.person_id = p_person_id AND i.promotion_id = p_promotion_id AND i.code_id IS NULL
        ),
        (
            SELECT i.since FROM insiders i
            WHERE i.person_id = p_person_id AND i.promotion_id IS NULL AND i.code_id = p_code_id
        )
    )
$$;

CREATE FUNCTION public.load_catalogue(p_now timestamp with time zone, OUT catalogue_version bigint, OUT tariffs jsonb, OUT codes jsonb) RETURNS record
    LANGUAGE plpgsql STABLE
    AS $$
BEGIN
    SELECT v.version INTO catalogue_version FROM catalogue_version v;
    SELECT jsonb_agg(to_jsonb(t)) INTO tariffs FROM tariffs t WHERE t.status = 'active';
    SELECT jsonb_agg(jsonb_build_object('code', to_jsonb(c), 'promotion', to_jsonb(p), 'campaign', to_jsonb(m)))
    INTO codes
    FROM promotions p
    JOIN promo_codes c ON c.promotion_id = p.id AND c.batch_id IS NULL AND c.user_id IS NULL
    LEFT JOIN campaigns m ON m.id = p.campaign_id
    WHERE p.status = 'active' AND p.listed AND (p.ends_at IS NULL OR p.ends_at > p_now)
        AND c.state = 'issued' AND (c.ends_at IS NULL OR c.ends_at > p_now);
END $$;

CREATE FUNCTION public.load_facts(p_user_id uuid, p_now timestamp with time zone, p_code_id bigint, p_codes text[], p_tariff_id bigint, OUT code_id bigint, OUT code text, OUT code_typed text, OUT code_state text, OUT code_user_id uuid, OUT code_max_uses bigint, OUT code_uses bigint, OUT code_ends_at timestamp with time zone, OUT code_version integer, OUT code_batch_id bigint, OUT promotion_id bigint, OUT promotion_version integer, OUT campaign_version integer, OUT tariff_version integer, OUT user_status text, OUT taken bigint, OUT spent_minor bigint, OUT campaign_taken bigint, OUT campaign_spent_minor bigint, OUT group_ids bigint[], OUT has_purchased boolean, OUT first_purchase text, OUT trial text, OUT unused bigint, OUT insider_since timestamp with time zone, OUT used_at timestamp with time zone[], OUT open_id uuid, OUT open_code_id bigint, OUT open_state text, OUT open_price_minor bigint, OUT open_total_minor bigint, OUT open_trial_days integer, OUT open_expires_at timestamp with time zone, OUT open_currency text, OUT held_id uuid, OUT held_tariff_id bigint, OUT held_until timestamp with time zone, OUT held_created_at timestamp with time zone, OUT held_discount_minor bigint, OUT held_of_code boolean, OUT held_in_campaign boolean, OUT held_is_trial boolean, OUT held_is_first boolean, OUT own_lapsed boolean, OUT lapsed boolean) RETURNS record
    LANGUAGE plpgsql STABLE
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
DECLARE
    v_code_ids bigint[];
    v_held_ids bigint[];
    v_person_id uuid;
    v_campaign_id bigint;
    v_total_limit bigint;
    v_budget_minor bigint;
    v_campaign_limit bigint;
    v_campaign_budget_minor bigint;
    v_group_ids bigint[];
    v_first_purchase text;
    v_effect text;
    v_per_user_limit integer;
    v_used_lapsed boolean;
    v_trial_lapsed boolean;
    v_first_lapsed boolean;
BEGIN
    IF p_codes IS NOT NULL THEN
        v_code_ids := ARRAY(SELECT c.id FROM promo_codes c WHERE c.code = ANY (p_codes));
        p_code_id := v_code_ids[1];
        IF cardinality(v_code_ids) > 1 THEN
            v_held_ids := ARRAY(
                SELECT a.code_id FROM applications a
                WHERE a.user_id = p_user_id AND a.state IN ('applied', 'paying') AND a.code_id = ANY (v_code_ids)
            );
            SELECT c.id INTO p_code_id FROM promo_codes c JOIN promotions p ON p.id = c.promotion_id
            WHERE c.id = ANY (v_code_ids)
            ORDER BY p.status = 'archived' AND NOT c.id = ANY (v_held_ids), array_position(p_codes, c.code),
                c.id = ANY (v_held_ids) DESC, c.holds_text NULLS LAST LIMIT 1;
        END IF;
    END IF;
    SELECT c.id, c.code, c.typed, c.state, c.user_id, c.max_uses, c.uses, c.ends_at, c.version, c.batch_id,
        p.id, p.version, p.campaign_id, m.version, t.version, u.status, coalesce(u.first_account_id, u.id),
        p.total_limit, p.budget_minor, m.total_limit, m.budget_minor,
        p.audience_group_ids, p.first_purchase, p.effect, p.per_user_limit
    INTO code_id, code, code_typed, code_state, code_user_id, code_max_uses, code_uses, code_ends_at, code_version, code_batch_id,
        promotion_id, promotion_version, v_campaign_id, campaign_version, tariff_version, user_status, v_person_id,
        v_total_limit, v_budget_minor, v_campaign_limit, v_campaign_budget_minor, v_group_ids, v_first_purchase, v_effect,
        v_per_user_limit
    FROM (VALUES (1)) AS one
    LEFT JOIN promo_codes c ON c.id = p_code_id
    LEFT JOIN promotions p ON p.id = c.promotion_id
    LEFT JOIN campaigns m ON m.id = p.campaign_id
    LEFT JOIN tariffs t ON t.id = p_tariff_id
    LEFT JOIN users u ON u.id = p_user_id;
    IF code_id IS NULL OR tariff_version IS NULL THEN
        RETURN;
    END IF;

    SELECT a.id, a.code_id, a.state::text, a.price_minor, a.total_minor, a.trial_days, a.expires_at, a.currency,
        a.state = 'applied' AND a.expires_at <= p_now
    INTO open_id, open_code_id, open_state, open_price_minor, open_total_minor, open_trial_days, open_expires_at,
        open_currency, own_lapsed
    FROM applications a
    WHERE a.user_id = p_user_id AND a.tariff_id = p_tariff_id AND a.state IN ('applied', 'paying');
    SELECT array_agg(l.created_at), bool_or(l.user_id = p_user_id AND l.state = 'applied' AND l.expires_at <= p_now)
    INTO used_at, v_used_lapsed
    FROM (
        SELECT a.created_at, a.user_id, a.state, a.expires_at FROM applications a
        WHERE a.person_id = v_person_id AND a.promotion_id = load_facts.promotion_id
            AND a.state IN ('applied', 'paying', 'used')
        ORDER BY a.created_at DESC LIMIT coalesce(v_per_user_limit, 1)
    ) AS l;
    own_lapsed := coalesce(own_lapsed, false) OR coalesce(v_used_lapsed, false);
    IF EXISTS (SELECT FROM insiders i WHERE i.person_id = v_person_id) THEN
        insider_since := known_since(
            p_person_id => v_person_id, p_promotion_id => load_facts.promotion_id, p_code_id => load_facts.code_id
        );
    END IF;
    IF used_at IS NOT NULL THEN
        SELECT a.id, a.tariff_id, CASE a.state WHEN 'applied' THEN a.expires_at END, a.created_at,
            a.price_minor - a.total_minor, a.code_counted AND a.code_id = load_facts.code_id,
            a.campaign_id = v_campaign_id, a.trial_days IS NOT NULL, a.first_purchase
        INTO held_id, held_tariff_id, held_until, held_created_at, held_discount_minor, held_of_code, held_in_campaign,
            held_is_trial, held_is_first
        FROM applications a
        WHERE a.user_id = p_user_id AND a.state IN ('applied', 'paying') AND a.promotion_id = load_facts.promotion_id
            AND a.tariff_id <> p_tariff_id
        ORDER BY a.created_at DESC LIMIT 1;
    END IF;
    IF num_nonnulls(v_total_limit, v_budget_minor, v_campaign_limit, v_campaign_budget_minor, code_max_uses) > 0 THEN
        unused := unused_applications(
            p_person_id => v_person_id, p_promotion_id => load_facts.promotion_id, p_at => p_now
        );
    END IF;

    IF num_nonnulls(v_total_limit, v_budget_minor) > 0 THEN
        SELECT coalesce(sum(s.taken), 0)::bigint, coalesce(sum(s.spent_minor), 0)::bigint INTO taken, spent_minor
        FROM promotion_usage s WHERE s.promotion_id = load_facts.promotion_id;
    END IF;
    IF num_nonnulls(v_campaign_limit, v_campaign_budget_minor) > 0 THEN
        SELECT coalesce(sum(s.taken), 0)::bigint, coalesce(sum(s.spent_minor), 0)::bigint INTO campaign_taken, campaign_spent_minor
        FROM campaign_usage s WHERE s.campaign_id = v_campaign_id;
    END IF;
    lapsed := false;
    IF taken >= v_total_limit OR v_budget_minor IS NOT NULL OR campaign_taken >= v_campaign_limit
        OR v_campaign_budget_minor IS NOT NULL OR code_uses >= code_max_uses
    THEN
        -- The first to expire shows whether any has expired; whose it is matters only when a limit has refused.
        lapsed := coalesce(
            (SELECT a.expires_at <= p_now FROM applications a WHERE a.state = 'applied' ORDER BY a.expires_at LIMIT 1),
            false
        );
    END IF;
    IF v_group_ids IS NOT NULL THEN
        group_ids := ARRAY(
            SELECT m.group_id FROM group_members m WHERE m.user_id = p_user_id AND m.group_id = ANY (v_group_ids)
        );
    END IF;
    IF v_first_purchase IS NOT NULL THEN
        has_purchased := has_purchased(p_person_id => v_person_id, p_kind => v_first_purchase);
        SELECT a.state::text, own_lapsed OR (a.user_id = p_user_id AND a.state = 'applied' AND a.expires_at <= p_now)
        INTO first_purchase, v_first_lapsed
        FROM applications a
        WHERE a.person_id = v_person_id AND a.first_purchase AND a.state IN ('applied', 'paying', 'used');
        own_lapsed := coalesce(v_first_lapsed, own_lapsed);
    END IF;
    IF v_effect = 'free' THEN
        SELECT a.state::text, own_lapsed OR (a.user_id = p_user_id AND a.state = 'applied' AND a.expires_at <= p_now)
        INTO trial, v_trial_lapsed
        FROM applications a
        WHERE a.person_id = v_person_id AND a.trial_days IS NOT NULL AND a.state IN ('applied', 'paying', 'used');
        own_lapsed := coalesce(v_trial_lapsed, own_lapsed);
    END IF;
END $$;

CREATE FUNCTION public.load_facts_at(p_user_id uuid, p_at timestamp with time zone, p_code_id bigint, p_codes text[], p_tariff_id bigint, OUT code jsonb, OUT promotion jsonb, OUT campaign jsonb, OUT tariff jsonb, OUT user_status text, OUT taken bigint, OUT spent_minor bigint, OUT campaign_taken bigint, OUT campaign_spent_minor bigint, OUT code_uses bigint, OUT group_ids bigint[], OUT has_purchased boolean, OUT first_purchase text, OUT trial text, OUT unused bigint, OUT insider_since timestamp with time zone, OUT used_at timestamp with time zone[], OUT open_code_id bigint, OUT open_applied_by uuid, OUT open_waived text[], OUT open_application_id uuid) RETURNS record
    LANGUAGE plpgsql STABLE
    AS $$
DECLARE
    v_held_ids bigint[];
    v_promotion_id bigint;
    v_campaign_id bigint;
    v_person_id uuid := coalesce((SELECT u.first_account_id FROM users u WHERE u.id = p_user_id), p_user_id);
    -- All accounts of the person.
    v_user_ids uuid[] := ARRAY(
        SELECT v_person_id UNION SELECT u.id FROM users u WHERE u.first_account_id = v_person_id
    );
BEGIN
    IF p_codes IS NOT NULL THEN
        -- In the order in which load_facts prefers codes, with the texts of that time.
        v_held_ids := ARRAY(
            SELECT a.code_id FROM applications a
            WHERE a.user_id = p_user_id AND a.created_at <= p_at
                AND was_live(a.state, a.expires_at, a.updated_at, p_at) AND NOT (a.state = 'used' AND a.updated_at <= p_at)
        );
        SELECT named.id INTO p_code_id
        FROM (
            SELECT c.id FROM promo_codes c WHERE c.code = ANY (p_codes)
            UNION
            SELECT v.id FROM past_versions v WHERE v.kind = 'promo_code' AND v.snapshot ->> 'code' = ANY (p_codes)
        ) AS named
        CROSS JOIN LATERAL version_at('promo_code', named.id, p_at) AS then_code
        CROSS JOIN LATERAL version_at('promotion', (then_code ->> 'promotion_id')::bigint, p_at) AS then_promotion
        WHERE then_code ->> 'code' = ANY (p_codes)
        ORDER BY then_promotion ->> 'status' = 'archived' AND NOT named.id = ANY (v_held_ids),
            array_position(p_codes, then_code ->> 'code'),
            named.id = ANY (v_held_ids) DESC,
            (then_code ->> 'created_at')::timestamptz DESC
        LIMIT 1;
    END IF;
    tariff := version_at('tariff', p_tariff_id, p_at);
    code := version_at('promo_code', p_code_id, p_at);
    v_promotion_id := (code ->> 'promotion_id')::bigint;
    promotion := version_at('promotion', v_promotion_id, p_at);
    v_campaign_id := (promotion ->> 'campaign_id')::bigint;
    campaign := version_at('campaign', v_campaign_id, p_at);
    IF tariff IS NULL OR promotion IS NULL THEN
        RETURN;
    END IF;
    SELECT s.status INTO user_status FROM user_statuses s
    WHERE s.user_id = p_user_id AND s.at <= p_at ORDER BY s.version DESC, s.at DESC LIMIT 1;
    group_ids := ARRAY(
        SELECT m.group_id FROM group_members m WHERE m.user_id = p_user_id AND m.added_at <= p_at
        UNION
        SELECT m.group_id FROM past_group_members m
        WHERE m.user_id = p_user_id AND m.added_at <= p_at AND m.removed_at > p_at
    );
    has_purchased := EXISTS (
        SELECT FROM purchases b
        WHERE b.user_id = ANY (v_user_ids) AND b.given_by IS NULL
            AND (b.total_minor > 0 OR promotion ->> 'first_purchase' = 'any')
            AND ((b.status = 'paid' AND b.updated_at <= p_at)
                OR (b.status = 'refunded' AND b.created_at <= p_at AND b.updated_at > p_at))
    );
    -- Usage is counted only where it is limited: counting reads all applications of the promotion, or of the campaign.
    IF num_nonnulls(promotion ->> 'total_limit', promotion ->> 'budget_minor', code ->> 'max_uses') > 0 THEN
        SELECT count(*), coalesce(sum(a.price_minor - a.total_minor), 0)::bigint,
            count(*) FILTER (WHERE a.code_id = p_code_id AND a.code_counted)
        INTO taken, spent_minor, code_uses
        FROM applications a
        WHERE a.promotion_id = v_promotion_id AND a.created_at <= p_at
            AND was_live(a.state, a.expires_at, a.updated_at, p_at);
    END IF;
    IF num_nonnulls(campaign ->> 'total_limit', campaign ->> 'budget_minor') > 0 THEN
        SELECT count(*), coalesce(sum(a.price_minor - a.total_minor), 0)::bigint
        INTO campaign_taken, campaign_spent_minor
        FROM applications a
        WHERE a.campaign_id = v_campaign_id AND a.created_at <= p_at
            AND was_live(a.state, a.expires_at, a.updated_at, p_at);
    END IF;
    unused := unused_applications(p_person_id => v_person_id, p_promotion_id => v_promotion_id, p_at => p_at);
    insider_since := known_since(p_person_id => v_person_id, p_promotion_id => v_promotion_id, p_code_id => p_code_id);
    IF insider_since > p_at THEN
        insider_since := NULL;
    END IF;
    used_at := ARRAY(
        SELECT a.created_at FROM applications a
        WHERE a.user_id = ANY (v_user_ids) AND a.promotion_id = v_promotion_id AND a.created_at <= p_at
            AND was_live(a.state, a.expires_at, a.updated_at, p_at)
        ORDER BY a.created_at DESC
    );
    SELECT CASE
            WHEN a.state = 'used' AND a.updated_at <= p_at THEN 'used'
            WHEN EXISTS (SELECT FROM purchases b WHERE b.application_id = a.id AND b.created_at <= p_at) THEN 'paying'
            ELSE 'applied'
        END
    INTO trial
    FROM applications a
    WHERE a.user_id = ANY (v_user_ids) AND a.trial_days IS NOT NULL AND a.created_at <= p_at
        AND was_live(a.state, a.expires_at, a.updated_at, p_at)
    ORDER BY a.created_at LIMIT 1;
    SELECT CASE
            WHEN a.state = 'used' AND a.updated_at <= p_at THEN 'used'
            WHEN EXISTS (SELECT FROM purchases b WHERE b.application_id = a.id AND b.created_at <= p_at) THEN 'paying'
            ELSE 'applied'
        END
    INTO first_purchase
    FROM applications a
    WHERE a.user_id = ANY (v_user_ids) AND a.first_purchase AND a.created_at <= p_at
        AND was_live(a.state, a.expires_at, a.updated_at, p_at)
        -- Those applied to this tariff with this code are what is asked about.
        AND NOT (a.user_id = p_user_id AND a.tariff_id = p_tariff_id AND a.code_id = p_code_id)
    ORDER BY a.created_at LIMIT 1;
    SELECT a.code_id, a.applied_by, a.waived, a.id INTO open_code_id, open_applied_by, open_waived, open_application_id
    FROM applications a
    WHERE a.user_id = p_user_id AND a.tariff_id = p_tariff_id AND a.created_at <= p_at
        AND was_live(a.state, a.expires_at, a.updated_at, p_at) AND NOT (a.state = 'used' AND a.updated_at <= p_at)
    ORDER BY a.created_at DESC LIMIT 1;
END $$;

CREATE FUNCTION public.load_list_facts(p_user_id uuid, p_now timestamp with time zone, p_promotion_ids bigint[], p_uses_since timestamp with time zone[], p_limited_ids bigint[], p_campaign_ids bigint[], p_code_ids bigint[], p_scarce_ids bigint[], p_asked_ids bigint[], OUT catalogue_version bigint, OUT user_status text, OUT group_ids bigint[], OUT has_paid boolean, OUT has_purchased boolean, OUT first_purchase text, OUT trial text, OUT uses bigint[], OUT taken bigint[], OUT spent_minor bigint[], OUT campaign_taken bigint[], OUT campaign_spent_minor bigint[], OUT code_uses bigint[], OUT unused bigint[], OUT insider_since timestamp with time zone[], OUT open jsonb, OUT personal jsonb) RETURNS record
    LANGUAGE plpgsql STABLE
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
DECLARE
    v_person_id uuid;
    v_has_open boolean;
    v_has_personal boolean;
    v_is_insider boolean;
BEGIN
    SELECT v.version, u.status, coalesce(u.first_account_id, u.id),
        ARRAY(SELECT m.group_id FROM group_members m WHERE m.user_id = p_user_id),
        has_purchased(p_person_id => coalesce(u.first_account_id, u.id), p_kind => 'paid'),
        has_purchased(p_person_id => coalesce(u.first_account_id, u.id), p_kind => 'any'),
        (
            SELECT a.state::text FROM applications a
            WHERE a.person_id = coalesce(u.first_account_id, u.id) AND a.first_purchase
                AND a.state IN ('applied', 'paying', 'used') AND (a.state <> 'applied' OR a.expires_at > p_now)
        ),
        (
            SELECT a.state::text FROM applications a
            WHERE a.person_id = coalesce(u.first_account_id, u.id) AND a.trial_days IS NOT NULL
                AND a.state IN ('applied', 'paying', 'used') AND (a.state <> 'applied' OR a.expires_at > p_now)
        ),
        EXISTS (SELECT FROM applications a WHERE a.user_id = p_user_id AND a.state IN ('applied', 'paying')),
        EXISTS (SELECT FROM promo_codes c WHERE c.user_id = p_user_id AND c.state = 'issued'),
        EXISTS (SELECT FROM insiders i WHERE i.person_id = coalesce(u.first_account_id, u.id))
    INTO catalogue_version, user_status, v_person_id, group_ids, has_paid, has_purchased, first_purchase, trial,
        v_has_open, v_has_personal, v_is_insider
    FROM catalogue_version v LEFT JOIN users u ON u.id = p_user_id;
    -- Most users have neither.
    IF v_has_open THEN
        SELECT jsonb_agg(jsonb_build_object(
            'application_id', a.id, 'tariff_id', a.tariff_id, 'expires_at', a.expires_at, 'by_staff', a.applied_by IS NOT NULL,
            'code', to_jsonb(c), 'promotion_version', p.version, 'campaign_version', m.version))
        INTO open
        FROM applications a
        JOIN promo_codes c ON c.id = a.code_id
        JOIN promotions p ON p.id = c.promotion_id
        LEFT JOIN campaigns m ON m.id = p.campaign_id
        WHERE a.user_id = p_user_id AND a.state IN ('applied', 'paying') AND (a.state = 'paying' OR a.expires_at > p_now);
    END IF;
    IF v_has_personal THEN
        SELECT jsonb_agg(jsonb_build_object(
            'code', to_jsonb(c), 'promotion_version', p.version, 'campaign_version', m.version))
        INTO personal
        FROM (
            SELECT o.* FROM promo_codes o JOIN promotions p ON p.id = o.promotion_id
            WHERE o.user_id = p_user_id AND o.state = 'issued' AND (o.max_uses IS NULL OR o.uses < o.max_uses)
                AND (o.ends_at IS NULL OR o.ends_at > p_now)
                AND p.listed AND p.status = 'active' AND (p.ends_at IS NULL OR p.ends_at > p_now)
            ORDER BY o.id DESC LIMIT 100
        ) AS c
        JOIN promotions p ON p.id = c.promotion_id
        LEFT JOIN campaigns m ON m.id = p.campaign_id;
    END IF;
    IF cardinality(p_promotion_ids) > 0 THEN
        uses := ARRAY(
            SELECT (
                SELECT count(*) FROM applications a
                WHERE a.person_id = v_person_id AND a.promotion_id = asked.id
                    AND a.state IN ('applied', 'paying', 'used') AND a.created_at >= asked.since
                    AND (a.state <> 'applied' OR a.expires_at > p_now)
            )
            FROM unnest(p_promotion_ids, p_uses_since) WITH ORDINALITY AS asked (id, since, place)
            ORDER BY asked.place
        );
    END IF;
    IF cardinality(p_limited_ids) > 0 THEN
        SELECT array_agg(s.taken ORDER BY s.place), array_agg(s.spent_minor ORDER BY s.place) INTO taken, spent_minor
        FROM (
            SELECT asked.place, coalesce(sum(g.taken), 0)::bigint AS taken,
                coalesce(sum(g.spent_minor), 0)::bigint AS spent_minor
            FROM unnest(p_limited_ids) WITH ORDINALITY AS asked (id, place)
            LEFT JOIN promotion_usage g ON g.promotion_id = asked.id
            GROUP BY asked.place
        ) AS s;
    END IF;
    IF cardinality(p_campaign_ids) > 0 THEN
        SELECT array_agg(s.taken ORDER BY s.place), array_agg(s.spent_minor ORDER BY s.place)
        INTO campaign_taken, campaign_spent_minor
        FROM (
            SELECT asked.place, coalesce(sum(g.taken), 0)::bigint AS taken,
                coalesce(sum(g.spent_minor), 0)::bigint AS spent_minor
            FROM unnest(p_campaign_ids) WITH ORDINALITY AS asked (id, place)
            LEFT JOIN campaign_usage g ON g.campaign_id = asked.id
            GROUP BY asked.place
        ) AS s;
    END IF;
    IF cardinality(p_code_ids) > 0 THEN
        code_uses := ARRAY(
            SELECT c.uses FROM unnest(p_code_ids) WITH ORDINALITY AS asked (id, place)
            JOIN promo_codes c ON c.id = asked.id ORDER BY asked.place
        );
    END IF;
    IF cardinality(p_scarce_ids) > 0 THEN
        unused := ARRAY(
            SELECT unused_applications(p_person_id => v_person_id, p_promotion_id => asked.id, p_at => p_now)
            FROM unnest(p_scarce_ids) WITH ORDINALITY AS asked (id, place) ORDER BY asked.place
        );
    END IF;
    IF v_is_insider THEN
        insider_since := ARRAY(
            SELECT known_since(p_person_id => v_person_id, p_promotion_id => c.promotion_id, p_code_id => asked.id)
            FROM unnest(p_asked_ids) WITH ORDINALITY AS asked (id, place)
            LEFT JOIN promo_codes c ON c.id = asked.id ORDER BY asked.place
        );
    END IF;
END $$;

CREATE FUNCTION public.lock_approval(p_approval_id uuid, p_wanted text, p_staff public.staff_request) RETURNS text
    LANGUAGE plpgsql
    AS $$
DECLARE
    a approvals;
    v_outcome text;
BEGIN
    SELECT f.outcome INTO v_outcome FROM find_staff_request(p_staff) AS f;
    IF v_outcome <> 'new' THEN
        RETURN v_outcome;
    END IF;
    PERFORM FROM promotions p
    WHERE p.id = (SELECT w.promotion_id FROM approvals w WHERE w.id = p_approval_id) FOR NO KEY UPDATE;
    PERFORM FROM purchases b
    WHERE b.id = (SELECT w.purchase_id FROM approvals w WHERE w.id = p_approval_id) FOR NO KEY UPDATE;
    SELECT w.* INTO a FROM approvals w WHERE w.id = p_approval_id FOR NO KEY UPDATE;
    IF a.id IS NULL THEN
        RETURN 'no_approval';
    ELSIF a.state = 'pending' AND a.expires_at > p_staff.at THEN
        RETURN 'pending';
    ELSIF a.state = 'pending' THEN
        UPDATE approvals w SET state = 'expired' WHERE w.id = p_approval_id;
    ELSIF a.state = p_wanted AND a.decided_by = p_staff.actor_id THEN
        PERFORM keep_staff_request(p_staff => p_staff, p_resource_id => p_approval_id::text);
        RETURN 'repeated';
    END IF;
    RETURN 'decided';
END $$;

CREATE FUNCTION public.lock_subscriptions(p_user_id uuid, p_tariff_id bigint) RETURNS void
    LANGUAGE sql
    AS $$
    SELECT pg_advisory_xact_lock(hashtextextended(p_user_id::text, p_tariff_id))
$$;

CREATE FUNCTION public.look_up_code(p_code_id bigint, p_staff public.staff_request, p_reason text) RETURNS text
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_request text;
    v_user_id uuid;
BEGIN
    SELECT f.outcome INTO v_request FROM find_staff_request(p_staff) AS f;
    IF v_request <> 'new' THEN
        RETURN CASE v_request WHEN 'repeated' THEN 'looked_up' ELSE v_request END;
    END IF;
    SELECT c.user_id INTO v_user_id FROM promo_codes c WHERE c.id = p_code_id;
    IF NOT FOUND THEN
        RETURN 'no_code';
    END IF;
    PERFORM record_staff_change(
        p_staff => p_staff, p_resource => 'promo_code', p_resource_id => p_code_id::text, p_action => 'look_up',
        p_details => '{}', p_user_id => v_user_id, p_reason => p_reason
    );
    RETURN 'looked_up';
END $$;

CREATE FUNCTION public.maintain_decision_partitions(p_now timestamp with time zone, p_keep_months integer) RETURNS void
    LANGUAGE plpgsql
    AS $_$
DECLARE
    v_this_month timestamp := date_trunc('month', p_now AT TIME ZONE 'UTC');
    v_month timestamp;
    v_from timestamptz;
    v_to timestamptz;
    v_name text;
BEGIN
    FOR v_month IN SELECT generate_series(v_this_month, v_this_month + interval '2 months', interval '1 month') LOOP
        v_name := 'refusals_' || to_char(v_month, 'YYYY_MM');
        CONTINUE WHEN to_regclass(v_name) IS NOT NULL;
        -- One call at a time, and only if no other has created it meanwhile.
        PERFORM pg_advisory_xact_lock(hashtext('maintain_decision_partitions'));
        CONTINUE WHEN to_regclass(v_name) IS NOT NULL;
        v_from := v_month AT TIME ZONE 'UTC';
        v_to := (v_month + interval '1 month') AT TIME ZONE 'UTC';
        EXECUTE format('CREATE TABLE %I (LIKE refusals INCLUDING ALL)', v_name);
        -- Refusals that were stored before their partition existed.
        EXECUTE format(
            'WITH moved AS (DELETE FROM refusals_other WHERE at >= %1$L AND at < %2$L RETURNING *)
            INSERT INTO %3$I SELECT * FROM moved',
            v_from, v_to, v_name);
        EXECUTE format('ALTER TABLE refusals ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', v_name, v_from, v_to);
    END LOOP;
    FOR v_name IN
        SELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'refusals'::regclass AND c.relname ~ '^refusals_\d{4}_\d{2}$'
            AND to_date(right(c.relname, 7), 'YYYY_MM') < v_this_month - make_interval(months => p_keep_months)
    LOOP
        EXECUTE format('DROP TABLE %I', v_name);
    END LOOP;
    DELETE FROM refusals_other r WHERE r.at < p_now - make_interval(months => p_keep_months);
END $_$;

CREATE FUNCTION public.move_application(p_from_id uuid, p_application_id uuid, p_user_id uuid, p_code_id bigint, p_tariff_id bigint, p_versions integer[], p_now timestamp with time zone, p_total_minor bigint, p_uses_since timestamp with time zone, p_rule_set smallint, p_observed jsonb, p_max_unused integer, OUT expires_at timestamp with time zone, OUT taken bigint, OUT spent_minor bigint, OUT campaign_taken bigint, OUT campaign_spent_minor bigint) RETURNS record
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
DECLARE
    a applications;
BEGIN
    PERFORM FROM users u WHERE u.id = p_user_id FOR NO KEY UPDATE;
    SELECT o.* INTO a FROM applications o
    WHERE o.id = p_from_id AND o.user_id = p_user_id AND o.state = 'applied' AND o.expires_at > p_now;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    -- All that the release and the reservation may lock, in the order that all functions follow.
    PERFORM FROM promo_codes c WHERE c.id IN (a.code_id, p_code_id) ORDER BY c.id FOR NO KEY UPDATE;
    PERFORM FROM promotion_usage s WHERE s.promotion_id = a.promotion_id ORDER BY s.stripe FOR UPDATE;
    PERFORM FROM campaign_usage s WHERE s.campaign_id = a.campaign_id ORDER BY s.stripe FOR UPDATE;
    PERFORM release_uses(
        p_application_ids => ARRAY[p_from_id], p_from => 'applied', p_to => 'cancelled', p_cancel_reason => 'moved',
        p_now => p_now
    );
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT r.expires_at, r.taken, r.spent_minor, r.campaign_taken, r.campaign_spent_minor
    INTO expires_at, taken, spent_minor, campaign_taken, campaign_spent_minor
    FROM reserve_use(
        p_application_id => p_application_id, p_user_id => p_user_id, p_code_id => p_code_id,
        p_tariff_id => p_tariff_id, p_versions => p_versions, p_now => p_now, p_total_minor => p_total_minor,
        p_uses_since => p_uses_since, p_rule_set => p_rule_set, p_observed => p_observed, p_max_unused => p_max_unused
    ) AS r;
    IF expires_at IS NULL THEN
        RAISE EXCEPTION 'the use can not be reserved any more' USING ERRCODE = 'LS001';
    END IF;
END $$;

CREATE FUNCTION public.open_approval(p_approval_id uuid, p_kind text, p_promotion_id bigint, p_purchase_id uuid, p_base_version integer, p_proposal jsonb, p_shown jsonb, p_reason text, p_expires_at timestamp with time zone, p_staff public.staff_request, p_user_id uuid, OUT outcome text, OUT approval_id uuid) RETURNS record
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE approvals a SET state = 'expired'
    WHERE a.state = 'pending' AND a.expires_at <= p_staff.at
        AND (a.promotion_id = p_promotion_id OR a.purchase_id = p_purchase_id);
    SELECT a.id INTO approval_id FROM approvals a
    WHERE a.state = 'pending' AND (a.promotion_id = p_promotion_id OR a.purchase_id = p_purchase_id);
    IF FOUND THEN
        outcome := 'pending';
        RETURN;
    END IF;
    INSERT INTO approvals (id, kind, state, promotion_id, purchase_id, base_version, proposal, shown, reason, requested_by,
        requested_at, expires_at)
    VALUES (p_approval_id, p_kind, 'pending', p_promotion_id, p_purchase_id, p_base_version, p_proposal, p_shown, p_reason,
        p_staff.actor_id, p_staff.at, p_expires_at);
    PERFORM record_staff_change(
        p_staff => p_staff, p_resource => 'approval', p_resource_id => p_approval_id::text, p_action => 'request',
        p_details => jsonb_strip_nulls(jsonb_build_object(
            'kind', p_kind, 'promotion_id', p_promotion_id, 'base_version', p_base_version, 'purchase_id', p_purchase_id,
            'amount_minor', p_proposal -> 'amount_minor', 'currency', p_proposal -> 'currency'
        )),
        p_user_id => p_user_id, p_reason => p_reason
    );
    outcome := 'requested';
    approval_id := p_approval_id;
END $$;

CREATE FUNCTION public.open_full_price_purchase(p_user_id uuid, p_tariff_id bigint, p_purchase_id uuid, p_idempotency_key text, p_now timestamp with time zone, p_check_at timestamp with time zone, OUT outcome text, OUT purchase_id uuid, OUT tariff_title text, OUT price_minor bigint, OUT currency text, OUT created_at timestamp with time zone) RETURNS record
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_title text;
    v_price_minor bigint;
    v_currency text;
    v_months integer;
    v_tariff_status text;
    v_user_status text;
BEGIN
    SELECT t.title, t.price_minor, t.currency, t.period_months, t.status
    INTO v_title, v_price_minor, v_currency, v_months, v_tariff_status
    FROM tariffs t WHERE t.id = p_tariff_id;
    SELECT u.status INTO v_user_status FROM users u WHERE u.id = p_user_id FOR SHARE;
    outcome := CASE
        WHEN v_tariff_status IS NULL THEN 'no_tariff'
        WHEN v_user_status IS NULL THEN 'not_registered'
        WHEN v_tariff_status <> 'active' THEN 'not_on_sale'
        WHEN v_user_status <> 'active' THEN 'not_active'
    END;
    -- An earlier purchase may be paid, or fail, between the two statements: then this one can be inserted.
    WHILE outcome IS NULL LOOP
        INSERT INTO purchases AS b (id, user_id, tariff_id, status, price_minor, total_minor, currency, period_months,
            created_at, updated_at, check_at)
        VALUES (p_purchase_id, p_user_id, p_tariff_id, 'pending', v_price_minor, v_price_minor, v_currency, v_months,
            p_now, p_now, p_check_at)
        ON CONFLICT (user_id, tariff_id) WHERE status = 'pending' DO NOTHING
        RETURNING b.id INTO purchase_id;
        IF FOUND THEN
            outcome := 'opened';
            tariff_title := v_title;
            price_minor := v_price_minor;
            currency := v_currency;
            created_at := p_now;
        ELSE
            SELECT b.id, CASE WHEN b.application_id IS NULL THEN 'open' ELSE 'other_open' END INTO purchase_id, outcome
            FROM purchases b
            WHERE b.user_id = p_user_id AND b.tariff_id = p_tariff_id AND b.status = 'pending';
        END IF;
    END LOOP;
    IF outcome IN ('opened', 'open') THEN
        PERFORM keep_purchase_key(p_user_id => p_user_id, p_key => p_idempotency_key, p_purchase_id => purchase_id);
    END IF;
END $$;

CREATE FUNCTION public.open_purchase(p_application_id uuid, p_purchase_id uuid, p_idempotency_key text, p_time_zone text, p_now timestamp with time zone, p_check_at timestamp with time zone, OUT outcome text, OUT open_purchase_id uuid, OUT user_id uuid, OUT status text, OUT tariff_title text, OUT created_at timestamp with time zone, OUT starts_at timestamp with time zone, OUT ends_at timestamp with time zone) RETURNS record
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_user_id uuid;
    v_tariff_id bigint;
    v_price_minor bigint;
    v_total_minor bigint;
    v_currency text;
    v_trial_days integer;
    v_months integer;
    v_title text;
    v_status text;
    v_person_id uuid;
    v_first_purchase text;
    v_code_id bigint;
BEGIN
    outcome := 'changed';
    SELECT u.id, a.tariff_id, a.price_minor, a.total_minor, a.currency, a.trial_days, t.period_months, t.title,
        a.person_id, CASE WHEN a.first_purchase THEN coalesce(p.first_purchase, 'paid') END, a.code_id
    INTO v_user_id, v_tariff_id, v_price_minor, v_total_minor, v_currency, v_trial_days, v_months, v_title,
        v_person_id, v_first_purchase, v_code_id
    FROM applications a
    JOIN users u ON u.id = a.user_id
    JOIN tariffs t ON t.id = a.tariff_id
    JOIN promotions p ON p.id = a.promotion_id
    WHERE a.id = p_application_id AND u.status = 'active'
    FOR SHARE OF u;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    v_status := CASE v_total_minor WHEN 0 THEN 'paid' ELSE 'pending' END;
    IF v_trial_days IS NOT NULL THEN
        v_months := NULL;
    END IF;
    IF v_first_purchase IS NOT NULL AND has_purchased(p_person_id => v_person_id, p_kind => v_first_purchase) THEN
        PERFORM release_uses(
            p_application_ids => ARRAY[p_application_id], p_from => 'applied', p_to => 'cancelled',
            p_cancel_reason => 'not_first_purchase', p_now => p_now
        );
        outcome := 'not_first';
        RETURN;
    END IF;
    IF v_status = 'pending' THEN
        SELECT b.id INTO open_purchase_id FROM purchases b
        WHERE b.user_id = v_user_id AND b.tariff_id = v_tariff_id AND b.status = 'pending'
            AND b.application_id IS DISTINCT FROM p_application_id;
        IF FOUND THEN
            outcome := 'other_open';
            RETURN;
        END IF;
    END IF;
    IF v_status = 'paid' THEN
        PERFORM lock_subscriptions(p_user_id => v_user_id, p_tariff_id => v_tariff_id);
    END IF;
    UPDATE applications a SET state = CASE v_status WHEN 'paid' THEN 'used' ELSE 'paying' END, updated_at = p_now
    WHERE a.id = p_application_id AND a.state = 'applied' AND a.expires_at > p_now;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    INSERT INTO purchases (id, application_id, code_id, user_id, tariff_id, status, price_minor, total_minor, currency,
        period_months, trial_days, created_at, updated_at, check_at)
    VALUES (p_purchase_id, p_application_id, v_code_id, v_user_id, v_tariff_id, v_status, v_price_minor, v_total_minor,
        v_currency, v_months, v_trial_days, p_now, p_now, CASE v_status WHEN 'pending' THEN p_check_at END);
    PERFORM keep_purchase_key(p_user_id => v_user_id, p_key => p_idempotency_key, p_purchase_id => p_purchase_id);
    IF v_status = 'paid' THEN
        SELECT made.starts_at, made.ends_at INTO starts_at, ends_at
        FROM subscribe(
            p_purchase_id => p_purchase_id, p_user_id => v_user_id, p_tariff_id => v_tariff_id,
            p_months => v_months, p_days => v_trial_days, p_time_zone => p_time_zone, p_now => p_now
        ) AS made;
    END IF;
    outcome := 'opened';
    user_id := v_user_id;
    status := v_status;
    tariff_title := v_title;
    created_at := p_now;
END $$;

CREATE FUNCTION public.order_refund(p_purchase_id uuid, p_refund_id uuid, p_amount_minor bigint, p_idempotency_key text, p_reason text, p_approve_above bigint, p_expires_at timestamp with time zone, p_staff public.staff_request, OUT outcome text, OUT refund_id uuid, OUT approval_id uuid, OUT left_minor bigint, OUT currency text) RETURNS record
    LANGUAGE plpgsql
    AS $$
DECLARE
    b purchases;
    v_earlier refunds;
    v_approval approvals;
    v_amount_minor bigint;
    v_staff staff_request := p_staff;
    v_waiting_minor bigint;
BEGIN
    SELECT p.* INTO b FROM purchases p WHERE p.id = p_purchase_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        outcome := 'no_purchase';
        RETURN;
    ELSIF is_own_account(p_staff => p_staff, p_user_id => b.user_id) THEN
        outcome := 'own_account';
        RETURN;
    END IF;
    currency := b.currency;
    SELECT r.* INTO v_earlier FROM refunds r WHERE r.purchase_id = b.id AND r.idempotency_key = p_idempotency_key;
    IF FOUND THEN
        outcome := CASE
            WHEN v_earlier.fingerprint IS NOT DISTINCT FROM p_staff.fingerprint THEN 'ordered' ELSE 'key_reused'
        END;
        refund_id := v_earlier.id;
        RETURN;
    END IF;
    -- The refund that an approval makes has its ID.
    SELECT a.* INTO v_approval FROM approvals a
    WHERE a.purchase_id = b.id AND a.proposal ->> 'idempotency_key' = p_idempotency_key AND a.id <> p_refund_id;
    IF FOUND THEN
        outcome := CASE
            WHEN encode(p_staff.fingerprint, 'hex') IS NOT DISTINCT FROM v_approval.proposal ->> 'fingerprint' THEN 'requested'
            ELSE 'key_reused'
        END;
        approval_id := v_approval.id;
        RETURN;
    END IF;
    left_minor := b.total_minor - coalesce(
        (SELECT sum(r.amount_minor)::bigint FROM refunds r WHERE r.purchase_id = b.id AND r.status <> 'failed'), 0);
    IF b.status NOT IN ('paid', 'refunded', 'revoked') THEN
        outcome := 'not_paid';
    ELSIF left_minor <= 0 THEN
        outcome := 'nothing_left';
    ELSIF p_amount_minor > left_minor THEN
        outcome := 'too_much';
    ELSE
        outcome := 'ordered';
    END IF;
    IF outcome <> 'ordered' THEN
        RETURN;
    END IF;
    v_amount_minor := coalesce(p_amount_minor, left_minor);
    -- The key belongs to the purchase.
    v_staff.key := NULL;
    SELECT sum((a.proposal -> 'amount_minor')::bigint)::bigint INTO v_waiting_minor FROM approvals a
    WHERE a.purchase_id = b.id AND a.state = 'pending' AND a.expires_at > p_staff.at;
    -- What has gone back, is about to or waits, and this.
    IF b.total_minor - left_minor + coalesce(v_waiting_minor, 0) + v_amount_minor > p_approve_above THEN
        SELECT o.outcome, o.approval_id INTO outcome, approval_id FROM open_approval(
            p_approval_id => p_refund_id, p_kind => 'refund', p_promotion_id => NULL, p_purchase_id => b.id,
            p_base_version => NULL,
            p_proposal => jsonb_build_object(
                'amount_minor', v_amount_minor, 'currency', b.currency, 'idempotency_key', p_idempotency_key,
                'fingerprint', encode(p_staff.fingerprint, 'hex')
            ),
            p_shown => NULL, p_reason => p_reason, p_expires_at => p_expires_at, p_staff => v_staff, p_user_id => b.user_id
        ) AS o;
        RETURN;
    END IF;
    refund_id := p_refund_id;
    INSERT INTO refunds (id, purchase_id, amount_minor, currency, cause, actor_id, reason, idempotency_key,
        fingerprint, status, created_at, updated_at, check_at)
    VALUES (p_refund_id, b.id, v_amount_minor, b.currency, 'staff', p_staff.actor_id, p_reason, p_idempotency_key,
        p_staff.fingerprint, 'pending', p_staff.at, p_staff.at, p_staff.at + interval '1 minute');
    PERFORM record_staff_change(
        p_staff => v_staff, p_resource => 'refund', p_resource_id => p_refund_id::text, p_action => 'order',
        p_details => jsonb_build_object(
            'purchase_id', b.id, 'amount_minor', v_amount_minor, 'currency', b.currency
        ),
        p_user_id => b.user_id, p_reason => p_reason
    );
END $$;

CREATE FUNCTION public.pending_approval(p_promotion_id bigint, p_now timestamp with time zone) RETURNS uuid
    LANGUAGE sql STABLE
    AS $$
    SELECT a.id FROM approvals a WHERE a.promotion_id = p_promotion_id AND a.state = 'pending' AND a.expires_at > p_now
$$;

CREATE FUNCTION public.period_end(p_starts_at timestamp with time zone, p_time_zone text, p_months integer, p_days integer, p_anchor timestamp without time zone, p_months_before integer, OUT ends_at timestamp with time zone, OUT anchor timestamp without time zone, OUT months integer) RETURNS record
    LANGUAGE plpgsql IMMUTABLE
    AS $$
BEGIN
    anchor := p_starts_at AT TIME ZONE p_time_zone;
    IF p_days IS NOT NULL THEN
        months := 0;
        ends_at := (anchor + make_interval(days => p_days)) AT TIME ZONE p_time_zone;
        RETURN;
    END IF;
    months := p_months;
    IF p_months_before > 0 THEN
        anchor := p_anchor;
        months := p_months_before + p_months;
    END IF;
    ends_at := (anchor + make_interval(months => months)) AT TIME ZONE p_time_zone;
END $$;

CREATE FUNCTION public.person_of(p_user_id uuid) RETURNS uuid
    LANGUAGE sql STABLE
    AS $$
    SELECT coalesce((SELECT u.first_account_id FROM users u WHERE u.id = p_user_id), p_user_id)
$$;

CREATE FUNCTION public.purchases_emit_event() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM enqueue_purchase_event(
        p_event_id => NEW.id, p_purchase_id => NEW.id, p_refund_minor => NULL, p_revoked => false, p_now => NEW.updated_at
    );
    RETURN NULL;
END $$;

CREATE FUNCTION public.rebalance_campaign(p_campaign_id bigint, p_total_limit bigint, p_budget_minor bigint, p_stripes integer) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO campaign_usage (campaign_id, stripe)
    SELECT p_campaign_id, n FROM generate_series(0, p_stripes - 1) AS n
    ON CONFLICT DO NOTHING;
    PERFORM FROM campaign_usage WHERE campaign_id = p_campaign_id ORDER BY stripe FOR UPDATE;
    UPDATE campaign_usage u
    SET quota = stripe_quota(p_total_limit, total.taken, u.taken, p_stripes, u.stripe),
        quota_minor = stripe_quota(p_budget_minor, total.spent_minor, u.spent_minor, p_stripes, u.stripe)
    FROM (
        SELECT sum(taken)::bigint AS taken, sum(spent_minor)::bigint AS spent_minor
        FROM campaign_usage WHERE campaign_id = p_campaign_id
    ) AS total
    WHERE u.campaign_id = p_campaign_id;
END $$;

CREATE FUNCTION public.rebalance_promotion(p_promotion_id bigint, p_total_limit bigint, p_budget_minor bigint, p_stripes integer) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO promotion_usage (promotion_id, stripe)
    SELECT p_promotion_id, n FROM generate_series(0, p_stripes - 1) AS n
    ON CONFLICT DO NOTHING;
    PERFORM FROM promotion_usage WHERE promotion_id = p_promotion_id ORDER BY stripe FOR UPDATE;
    UPDATE promotion_usage u
    SET quota = stripe_quota(p_total_limit, total.taken, u.taken, p_stripes, u.stripe),
        quota_minor = stripe_quota(p_budget_minor, total.spent_minor, u.spent_minor, p_stripes, u.stripe)
    FROM (
        SELECT sum(taken)::bigint AS taken, sum(spent_minor)::bigint AS spent_minor
        FROM promotion_usage WHERE promotion_id = p_promotion_id
    ) AS total
    WHERE u.promotion_id = p_promotion_id;
END $$;

CREATE FUNCTION public.record_code_sight(p_actor_id uuid, p_at timestamp with time zone, p_code_ids bigint[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_new_ids CONSTANT bigint[] := keep_insider(
        p_actor_id => p_actor_id, p_at => p_at, p_promotion_id => NULL, p_code_ids => p_code_ids
    );
BEGIN
    IF cardinality(v_new_ids) > 0 THEN
        INSERT INTO staff_changes (at, actor_id, resource, resource_id, action, details)
        VALUES (
            p_at, p_actor_id, 'promo_code', v_new_ids[1]::text, 'read', jsonb_build_object('promocode_ids', v_new_ids)
        );
    END IF;
END $$;

CREATE FUNCTION public.record_staff_change(p_staff public.staff_request, p_resource text, p_resource_id text, p_action text, p_details jsonb, p_user_id uuid DEFAULT NULL::uuid, p_reason text DEFAULT NULL::text) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO staff_changes (at, actor_id, resource, resource_id, action, details, user_id, reason)
    VALUES (p_staff.at, p_staff.actor_id, p_resource, p_resource_id, p_action, p_details, p_user_id, p_reason);
    PERFORM keep_staff_request(p_staff => p_staff, p_resource_id => p_resource_id);
    IF p_resource = 'promotion' THEN
        PERFORM keep_insider(
            p_actor_id => p_staff.actor_id, p_at => p_staff.at, p_promotion_id => p_resource_id::bigint,
            p_code_ids => NULL
        );
    ELSIF p_resource = 'promo_code' THEN
        PERFORM keep_insider(
            p_actor_id => p_staff.actor_id, p_at => p_staff.at, p_promotion_id => NULL,
            p_code_ids => ARRAY[p_resource_id::bigint]
        );
    END IF;
END $$;

CREATE FUNCTION public.record_typed_code(p_actor_id uuid, p_at timestamp with time zone, p_codes text[], p_by text, p_user_id uuid, p_reason text) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO staff_changes (at, actor_id, resource, resource_id, action, details, user_id, reason)
    SELECT p_at, p_actor_id, 'promo_code', new.id::text, 'look_up', jsonb_build_object('by', p_by), p_user_id, p_reason
    FROM unnest(keep_insider(
        p_actor_id => p_actor_id, p_at => p_at, p_promotion_id => NULL,
        p_code_ids => ARRAY(
            SELECT c.id FROM promo_codes c JOIN promotions p ON p.id = c.promotion_id
            WHERE c.code = ANY (p_codes)
                AND is_unlisted(p_listed => p.listed, p_batch_id => c.batch_id, p_user_id => c.user_id)
        )
    )) AS new (id);
END $$;

CREATE FUNCTION public.refund_payment(p_purchase_id uuid, p_reference text, p_refund_id uuid, p_now timestamp with time zone) RETURNS void
    LANGUAGE sql
    AS $$
    INSERT INTO ledger (at, purchase_id, kind, reference, amount_minor, currency)
    SELECT p_now, b.id, 'payment', p_reference, b.total_minor, b.currency FROM purchases b WHERE b.id = p_purchase_id;
    INSERT INTO refunds (id, purchase_id, amount_minor, currency, cause, status, created_at, updated_at, check_at)
    SELECT p_refund_id, b.id, b.total_minor, b.currency, 'late_payment', 'pending', p_now, p_now, p_now
    FROM purchases b WHERE b.id = p_purchase_id;
$$;

CREATE FUNCTION public.refunds_emit_event() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM enqueue_purchase_event(
        p_event_id => NEW.id, p_purchase_id => b.id, p_refund_minor => NEW.amount_minor, p_revoked => false,
        p_now => NEW.updated_at
    )
    FROM purchases b WHERE b.id = NEW.purchase_id AND b.status IN ('paid', 'refunded', 'revoked');
    RETURN NULL;
END $$;

CREATE FUNCTION public.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'the table % is append-only', TG_TABLE_NAME;
END $$;

CREATE FUNCTION public.reject_approval(p_approval_id uuid, p_reason text, p_staff public.staff_request, OUT outcome text, OUT state text) RETURNS record
    LANGUAGE plpgsql
    AS $$
DECLARE
    a approvals;
BEGIN
    outcome := lock_approval(p_approval_id => p_approval_id, p_wanted => 'rejected', p_staff => p_staff);
    SELECT w.* INTO a FROM approvals w WHERE w.id = p_approval_id;
    state := a.state;
    IF outcome = 'repeated' THEN
        outcome := 'rejected';
    ELSIF outcome = 'pending' AND person_of(a.requested_by) = person_of(p_staff.actor_id) THEN
        outcome := 'own';
    ELSIF outcome = 'pending' THEN
        PERFORM decide_approval(p_approval => a, p_state => 'rejected', p_reason => p_reason, p_staff => p_staff);
        outcome := 'rejected';
        state := 'rejected';
    END IF;
END $$;

CREATE FUNCTION public.release_uses(p_application_ids uuid[], p_from text, p_to text, p_cancel_reason text, p_now timestamp with time zone) RETURNS SETOF uuid
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
DECLARE
    v_ids uuid[];
    v_any_counted boolean;
    v_any_campaign boolean;
    -- Those whose stripes must all be locked.
    v_promotion_ids bigint[] := ARRAY[]::bigint[];
    v_campaign_ids bigint[] := ARRAY[]::bigint[];
    v_over_ids bigint[];
    v_over_campaign_ids bigint[] := ARRAY[]::bigint[];
BEGIN
    SELECT array_agg(a.id), bool_or(a.code_counted), bool_or(a.campaign_id IS NOT NULL)
    INTO v_ids, v_any_counted, v_any_campaign
    FROM applications a WHERE a.id = ANY (p_application_ids) AND a.state = p_from;
    IF v_ids IS NULL THEN
        RETURN;
    END IF;
    LOOP
        BEGIN
            IF v_any_counted THEN
                PERFORM FROM promo_codes c
                WHERE c.id IN (SELECT a.code_id FROM applications a WHERE a.id = ANY (v_ids) AND a.code_counted)
                ORDER BY c.id FOR NO KEY UPDATE;
            END IF;
            PERFORM FROM (
                SELECT a.promotion_id, a.stripe FROM applications a WHERE a.id = ANY (v_ids)
                UNION
                SELECT o.promotion_id, o.stripe FROM promotion_usage o WHERE o.promotion_id = ANY (v_promotion_ids)
            ) AS touched
            JOIN promotion_usage s ON s.promotion_id = touched.promotion_id AND s.stripe = touched.stripe
            ORDER BY s.promotion_id, s.stripe FOR UPDATE OF s;
            SELECT coalesce(array_agg(DISTINCT s.promotion_id), '{}') INTO v_over_ids
            FROM applications a
            JOIN promotion_usage s ON s.promotion_id = a.promotion_id AND s.stripe = a.stripe
            WHERE a.id = ANY (v_ids) AND (s.taken > s.quota OR s.spent_minor > s.quota_minor);
            IF v_any_campaign THEN
                PERFORM FROM (
                    SELECT a.campaign_id, a.campaign_stripe AS stripe FROM applications a WHERE a.id = ANY (v_ids)
                    UNION
                    SELECT o.campaign_id, o.stripe FROM campaign_usage o WHERE o.campaign_id = ANY (v_campaign_ids)
                ) AS touched
                JOIN campaign_usage s ON s.campaign_id = touched.campaign_id AND s.stripe = touched.stripe
                ORDER BY s.campaign_id, s.stripe FOR UPDATE OF s;
                SELECT coalesce(array_agg(DISTINCT s.campaign_id), '{}') INTO v_over_campaign_ids
                FROM applications a
                JOIN campaign_usage s ON s.campaign_id = a.campaign_id AND s.stripe = a.campaign_stripe
                WHERE a.id = ANY (v_ids) AND (s.taken > s.quota OR s.spent_minor > s.quota_minor);
            END IF;
            IF NOT (v_over_ids <@ v_promotion_ids AND v_over_campaign_ids <@ v_campaign_ids) THEN
                v_promotion_ids := v_promotion_ids || v_over_ids;
                v_campaign_ids := v_campaign_ids || v_over_campaign_ids;
                RAISE EXCEPTION 'more stripes must be locked' USING ERRCODE = 'LU001';
            END IF;

            IF cardinality(v_ids) > 1 THEN
                PERFORM FROM applications a WHERE a.id = ANY (v_ids) AND a.state = p_from
                ORDER BY a.id FOR NO KEY UPDATE;
            END IF;
            RETURN QUERY WITH released AS (
                UPDATE applications a SET state = p_to, cancel_reason = p_cancel_reason, updated_at = p_now
                WHERE a.id = ANY (v_ids) AND a.state = p_from AND (p_to <> 'expired' OR a.expires_at <= p_now)
                RETURNING a.id, a.code_id, a.code_counted, a.promotion_id, a.stripe, a.campaign_id, a.campaign_stripe,
                    a.price_minor - a.total_minor AS discount_minor
            ), of_codes AS (
                UPDATE promo_codes c SET uses = c.uses - freed.uses
                FROM (
                    SELECT r.code_id, count(*) AS uses FROM released r WHERE r.code_counted GROUP BY r.code_id
                ) AS freed
                WHERE c.id = freed.code_id
            ), of_promotions AS (
                UPDATE promotion_usage s SET taken = s.taken - freed.uses, spent_minor = s.spent_minor - freed.minor
                FROM (
                    SELECT r.promotion_id, r.stripe, count(*) AS uses, sum(r.discount_minor) AS minor
                    FROM released r GROUP BY r.promotion_id, r.stripe
                ) AS freed
                WHERE s.promotion_id = freed.promotion_id AND s.stripe = freed.stripe
            ), of_campaigns AS (
                UPDATE campaign_usage s SET taken = s.taken - freed.uses, spent_minor = s.spent_minor - freed.minor
                FROM (
                    SELECT r.campaign_id, r.campaign_stripe, count(*) AS uses, sum(r.discount_minor) AS minor
                    FROM released r WHERE r.campaign_id IS NOT NULL GROUP BY r.campaign_id, r.campaign_stripe
                ) AS freed
                WHERE s.campaign_id = freed.campaign_id AND s.stripe = freed.campaign_stripe
            )
            SELECT r.id FROM released r;

            IF v_promotion_ids <> '{}' THEN
                PERFORM rebalance_promotion(
                    p_promotion_id => p.id, p_total_limit => p.total_limit, p_budget_minor => p.budget_minor,
                    p_stripes => stripes_for(p.total_limit)
                )
                FROM promotions p WHERE p.id = ANY (v_promotion_ids) ORDER BY p.id;
            END IF;
            IF v_campaign_ids <> '{}' THEN
                PERFORM rebalance_campaign(
                    p_campaign_id => m.id, p_total_limit => m.total_limit, p_budget_minor => m.budget_minor,
                    p_stripes => stripes_for(m.total_limit)
                )
                FROM campaigns m WHERE m.id = ANY (v_campaign_ids) ORDER BY m.id;
            END IF;
            RETURN;
        EXCEPTION WHEN SQLSTATE 'LU001' THEN
            -- The locks of this attempt are released.
            NULL;
        END;
    END LOOP;
END $$;

CREATE FUNCTION public.rename_group(p_group_id bigint, p_version integer, p_title text, p_staff public.staff_request, OUT outcome text, OUT version integer) RETURNS record
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_before user_groups;
BEGIN
    SELECT f.outcome INTO outcome FROM find_staff_request(p_staff) AS f;
    IF outcome <> 'new' THEN
        outcome := CASE outcome WHEN 'repeated' THEN 'renamed' ELSE outcome END;
        RETURN;
    END IF;
    SELECT g.* INTO v_before FROM user_groups g WHERE g.id = p_group_id FOR NO KEY UPDATE;
    version := v_before.version;
    IF v_before.id IS NULL THEN
        outcome := 'no_group';
    ELSIF version <> p_version THEN
        outcome := 'changed';
    ELSE
        outcome := 'renamed';
    END IF;
    IF outcome <> 'renamed' THEN
        RETURN;
    ELSIF v_before.title = p_title THEN
        PERFORM keep_staff_request(p_staff => p_staff, p_resource_id => p_group_id::text);
        RETURN;
    END IF;
    UPDATE user_groups AS g SET title = p_title
    WHERE g.id = p_group_id RETURNING g.version INTO version;
    PERFORM record_staff_change(
        p_staff => p_staff, p_resource => 'group', p_resource_id => p_group_id::text, p_action => 'rename',
        p_details => jsonb_build_object('before', v_before.title, 'after', p_title, 'version', version)
    );
END $$;

CREATE FUNCTION public.replace_campaign(p_campaign_id bigint, p_version integer, p_campaign jsonb, p_staff public.staff_request, OUT outcome text, OUT version integer) RETURNS record
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_wanted campaigns := jsonb_populate_record(NULL::campaigns, p_campaign);
    v_before campaigns;
BEGIN
    SELECT f.outcome INTO outcome FROM find_staff_request(p_staff) AS f;
    IF outcome <> 'new' THEN
        outcome := CASE outcome WHEN 'repeated' THEN 'replaced' ELSE outcome END;
        RETURN;
    END IF;
    SELECT c.* INTO v_before FROM campaigns c WHERE c.id = p_campaign_id FOR NO KEY UPDATE;
    version := v_before.version;
    IF v_before.id IS NULL THEN
        outcome := 'no_campaign';
    ELSIF version <> p_version THEN
        outcome := 'changed';
    ELSIF v_before.status = 'archived' AND to_jsonb(v_wanted) - '{id,version,created_at}'::text[]
        <> to_jsonb(v_before) - '{id,version,created_at}'::text[]
    THEN
        outcome := 'archived';
    ELSIF v_wanted.budget_minor IS NOT NULL AND EXISTS (
        -- If everything is sold in one currency, the applications are not read.
        SELECT FROM tariffs t WHERE t.currency <> v_wanted.currency
    ) AND EXISTS (
        SELECT FROM applications a WHERE a.campaign_id = p_campaign_id AND a.currency <> v_wanted.currency
    ) THEN
        outcome := 'other_currency';
    ELSE
        outcome := 'replaced';
    END IF;
    IF outcome <> 'replaced' THEN
        RETURN;
    ELSIF (
        (v_before.title, v_before.status, v_before.total_limit, v_before.budget_minor, v_before.currency)
        IS NOT DISTINCT FROM
        (v_wanted.title, v_wanted.status, v_wanted.total_limit, v_wanted.budget_minor, v_wanted.currency)
    ) THEN
        PERFORM keep_staff_request(p_staff => p_staff, p_resource_id => p_campaign_id::text);
        RETURN;
    END IF;
    UPDATE campaigns AS c SET (title, status, total_limit, budget_minor, currency)
        = (v_wanted.title, v_wanted.status, v_wanted.total_limit, v_wanted.budget_minor, v_wanted.currency)
    WHERE c.id = p_campaign_id
    RETURNING c.version INTO version;
    PERFORM record_staff_change(
        p_staff => p_staff, p_resource => 'campaign', p_resource_id => p_campaign_id::text, p_action => 'change',
        p_details => jsonb_build_object('version', version)
    );
END $$;

CREATE FUNCTION public.replace_code(p_code_id bigint, p_version integer, p_code jsonb, p_staff public.staff_request, OUT outcome text, OUT version integer, OUT approval_id uuid) RETURNS record
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_wanted promo_codes := jsonb_populate_record(NULL::promo_codes, p_code);
    v_promotion promotions;
    v_before promo_codes;
BEGIN
    SELECT f.outcome INTO outcome FROM find_staff_request(p_staff) AS f;
    IF outcome <> 'new' THEN
        outcome := CASE outcome WHEN 'repeated' THEN 'replaced' ELSE outcome END;
        RETURN;
    END IF;
    SELECT p.* INTO v_promotion FROM promotions p
    WHERE p.id = (SELECT c.promotion_id FROM promo_codes c WHERE c.id = p_code_id)
    FOR SHARE;
    SELECT c.* INTO v_before FROM promo_codes c WHERE c.id = p_code_id FOR NO KEY UPDATE;
    IF v_before.id IS NULL THEN
        outcome := 'no_code';
        RETURN;
    END IF;
    version := v_before.version;
    IF v_wanted.state <> 'disabled' THEN
        approval_id := pending_approval(p_promotion_id => v_promotion.id, p_now => p_staff.at);
    END IF;
    IF version <> p_version THEN
        outcome := 'changed';
    ELSIF (v_wanted.code, v_wanted.typed, v_wanted.user_id, v_wanted.max_uses, v_wanted.ends_at, v_wanted.state)
        IS NOT DISTINCT FROM
        (v_before.code, v_before.typed, v_before.user_id, v_before.max_uses, v_before.ends_at, v_before.state)
    THEN
        outcome := 'replaced';
        PERFORM keep_staff_request(p_staff => p_staff, p_resource_id => p_code_id::text);
        RETURN;
    ELSIF v_promotion.status = 'archived' THEN
        outcome := 'archived';
    ELSIF approval_id IS NOT NULL THEN
        outcome := 'approval_pending';
    ELSIF v_before.code <> v_wanted.code AND NOT is_untouched_draft(p_promotion => v_promotion) THEN
        outcome := 'code_fixed';
    ELSIF (v_before.max_uses IS NULL) <> (v_wanted.max_uses IS NULL)
        AND NOT is_untouched_draft(p_promotion => v_promotion)
    THEN
        outcome := 'uses_fixed';
    ELSIF v_wanted.user_id IS DISTINCT FROM v_before.user_id AND is_unknown_user(v_wanted.user_id) THEN
        outcome := 'unknown_user';
    ELSIF v_before.code <> v_wanted.code AND cardinality(taken_texts(ARRAY[v_wanted.code])) > 0 THEN
        outcome := 'taken';
    ELSE
        outcome := 'replaced';
    END IF;
    IF outcome <> 'replaced' THEN
        RETURN;
    END IF;
    IF v_before.code <> v_wanted.code THEN
        PERFORM free_text(p_code => v_wanted.code);
    END IF;
    UPDATE promo_codes AS c SET (code, typed, user_id, max_uses, ends_at, state)
        = (v_wanted.code, v_wanted.typed, v_wanted.user_id, v_wanted.max_uses, v_wanted.ends_at, v_wanted.state)
    WHERE c.id = p_code_id
    RETURNING c.version INTO version;
    PERFORM record_staff_change(
        p_staff => p_staff, p_resource => 'promo_code', p_resource_id => p_code_id::text, p_action => 'change',
        p_details => jsonb_build_object('version', version), p_user_id => v_wanted.user_id
    );
END $$;

CREATE FUNCTION public.replace_promotion(p_promotion_id bigint, p_version integer, p_promotion jsonb, p_staff public.staff_request, OUT outcome text, OUT version integer, OUT unknown text[]) RETURNS record
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_wanted promotions := jsonb_populate_record(NULL::promotions, p_promotion);
    v_before promotions;
BEGIN
    SELECT f.outcome INTO outcome FROM find_staff_request(p_staff) AS f;
    IF outcome <> 'new' THEN
        outcome := CASE outcome WHEN 'repeated' THEN 'replaced' ELSE outcome END;
        RETURN;
    END IF;
    SELECT p.* INTO v_before FROM promotions p WHERE p.id = p_promotion_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        outcome := 'no_promotion';
        RETURN;
    END IF;
    version := v_before.version;
    -- What staff do not enter.
    v_wanted.id := v_before.id;
    v_wanted.version := v_before.version;
    v_wanted.created_at := v_before.created_at;
    -- Locks the groups: whoever deletes one locks it first.
    unknown := unknown_references(p_promotion => v_wanted, p_before => v_before);
    IF version <> p_version THEN
        outcome := 'changed';
    ELSIF v_wanted IS NOT DISTINCT FROM v_before THEN
        outcome := 'replaced';
        PERFORM keep_staff_request(p_staff => p_staff, p_resource_id => p_promotion_id::text);
        RETURN;
    ELSIF v_before.status = 'archived' THEN
        outcome := 'archived';
    ELSIF v_wanted.budget_minor IS NOT NULL AND EXISTS (
        -- If everything is sold in one currency, the applications are not read.
        SELECT FROM tariffs t WHERE t.currency <> v_wanted.currency
    ) AND EXISTS (
        SELECT FROM applications a WHERE a.promotion_id = v_before.id AND a.currency <> v_wanted.currency
    ) THEN
        outcome := 'other_currency';
    ELSIF cardinality(unknown) > 0 THEN
        outcome := 'unknown';
    ELSE
        outcome := 'replaced';
    END IF;
    IF outcome <> 'replaced' THEN
        RETURN;
    END IF;
    UPDATE promotions AS p SET (title, status, listed, effect, effect_minor, effect_basis_points, effect_cap_minor, effect_days,
        currency, starts_at, ends_at, time_zone, weekdays, hours_from, hours_to, total_limit, per_user_limit,
        per_user_period, budget_minor, min_price_minor, first_purchase, tariff_ids, audience_group_ids, campaign_id,
        hold_minutes, refund_returns_use) = (
        v_wanted.title, v_wanted.status, v_wanted.listed, v_wanted.effect, v_wanted.effect_minor,
        v_wanted.effect_basis_points, v_wanted.effect_cap_minor, v_wanted.effect_days, v_wanted.currency,
        v_wanted.starts_at, v_wanted.ends_at, v_wanted.time_zone, v_wanted.weekdays, v_wanted.hours_from,
        v_wanted.hours_to, v_wanted.total_limit, v_wanted.per_user_limit, v_wanted.per_user_period,
        v_wanted.budget_minor, v_wanted.min_price_minor, v_wanted.first_purchase, v_wanted.tariff_ids,
        v_wanted.audience_group_ids, v_wanted.campaign_id, v_wanted.hold_minutes, v_wanted.refund_returns_use
    )
    WHERE p.id = p_promotion_id
    RETURNING p.version INTO version;
    PERFORM record_staff_change(
        p_staff => p_staff, p_resource => 'promotion', p_resource_id => p_promotion_id::text, p_action => 'change',
        p_details => jsonb_build_object('version', version)
    );
END $$;

CREATE FUNCTION public.replace_tariff(p_tariff_id bigint, p_version integer, p_tariff jsonb, p_staff public.staff_request, OUT outcome text, OUT version integer) RETURNS record
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_wanted tariffs := jsonb_populate_record(NULL::tariffs, p_tariff);
    v_before tariffs;
BEGIN
    SELECT f.outcome INTO outcome FROM find_staff_request(p_staff) AS f;
    IF outcome <> 'new' THEN
        outcome := CASE outcome WHEN 'repeated' THEN 'replaced' ELSE outcome END;
        RETURN;
    END IF;
    SELECT t.* INTO v_before FROM tariffs t WHERE t.id = p_tariff_id FOR NO KEY UPDATE;
    version := v_before.version;
    IF v_before.id IS NULL THEN
        outcome := 'no_tariff';
    ELSIF version <> p_version THEN
        outcome := 'changed';
    ELSIF v_before.currency <> v_wanted.currency THEN
        -- Budgets count in the currency in which they were sold.
        outcome := 'other_currency';
    ELSE
        outcome := 'replaced';
    END IF;
    IF outcome <> 'replaced' THEN
        RETURN;
    ELSIF (v_before.title, v_before.price_minor, v_before.period_months, v_before.status)
        = (v_wanted.title, v_wanted.price_minor, v_wanted.period_months, v_wanted.status)
    THEN
        PERFORM keep_staff_request(p_staff => p_staff, p_resource_id => p_tariff_id::text);
        RETURN;
    END IF;
    UPDATE tariffs AS t SET (title, price_minor, period_months, status)
        = (v_wanted.title, v_wanted.price_minor, v_wanted.period_months, v_wanted.status)
    WHERE t.id = p_tariff_id
    RETURNING t.version INTO version;
    PERFORM record_staff_change(
        p_staff => p_staff, p_resource => 'tariff', p_resource_id => p_tariff_id::text, p_action => 'change',
        p_details => jsonb_build_object('version', version)
    );
END $$;

CREATE FUNCTION public.request_promotion_approval(p_approval_id uuid, p_promotion_id bigint, p_version integer, p_proposal jsonb, p_shown jsonb, p_reason text, p_expires_at timestamp with time zone, p_staff public.staff_request, OUT outcome text, OUT approval_id uuid, OUT version integer) RETURNS record
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_resource_id text;
    v_status text;
BEGIN
    SELECT f.outcome, f.resource_id INTO outcome, v_resource_id FROM find_staff_request(p_staff) AS f;
    IF outcome = 'repeated' THEN
        SELECT a.id INTO approval_id FROM approvals a WHERE a.id::text = v_resource_id;
        outcome := CASE WHEN approval_id IS NULL THEN 'done' ELSE 'requested' END;
    END IF;
    IF outcome <> 'new' THEN
        RETURN;
    END IF;
    IF p_promotion_id IS NOT NULL THEN
        SELECT p.version, p.status INTO version, v_status FROM promotions p WHERE p.id = p_promotion_id FOR NO KEY UPDATE;
        outcome := CASE
            WHEN version IS NULL THEN 'no_promotion'
            WHEN version <> p_version THEN 'changed'
            WHEN v_status = 'archived' THEN 'archived'
            ELSE 'new'
        END;
        IF outcome <> 'new' THEN
            RETURN;
        END IF;
    END IF;
    SELECT o.outcome, o.approval_id INTO outcome, approval_id FROM open_approval(
        p_approval_id => p_approval_id, p_kind => 'promotion', p_promotion_id => p_promotion_id, p_purchase_id => NULL,
        p_base_version => version, p_proposal => p_proposal, p_shown => p_shown, p_reason => p_reason,
        p_expires_at => p_expires_at, p_staff => p_staff, p_user_id => NULL
    ) AS o;
END $$;

CREATE FUNCTION public.reserve_again(p_application_id uuid, p_now timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
DECLARE
    a applications;
    p promotions;
    m campaigns;
    v_period text;
    v_since timestamptz := timestamptz '-infinity';
    v_until timestamptz := timestamptz 'infinity';
    v_uses bigint;
    v_max_uses bigint;
    v_code_counted boolean := false;
    v_stripe smallint;
    v_campaign_stripe smallint;
BEGIN
    SELECT o.* INTO STRICT a FROM applications o WHERE o.id = p_application_id;
    SELECT o.* INTO STRICT p FROM promotions o WHERE o.id = a.promotion_id;
    IF p.per_user_limit IS NOT NULL AND 'user_limit_reached' <> ALL (coalesce(a.waived, '{}')) THEN
        v_period := p.per_user_period;
        IF v_period <> 'lifetime' THEN
            -- ISO weeks: they begin on Monday.
            v_since := date_trunc(v_period, a.created_at AT TIME ZONE p.time_zone) AT TIME ZONE p.time_zone;
            v_until := (date_trunc(v_period, a.created_at AT TIME ZONE p.time_zone) + ('1 ' || v_period)::interval)
                AT TIME ZONE p.time_zone;
        END IF;
        SELECT count(*) INTO v_uses FROM applications o
        WHERE o.person_id = a.person_id AND o.promotion_id = a.promotion_id
            AND o.state IN ('applied', 'paying', 'used') AND o.created_at >= v_since AND o.created_at < v_until;
        IF v_uses >= p.per_user_limit THEN
            RETURN false;
        END IF;
    END IF;
    BEGIN
        UPDATE promo_codes c SET uses = c.uses + 1 WHERE c.id = a.code_id AND c.uses < c.max_uses;
        v_code_counted := FOUND;
        IF NOT v_code_counted THEN
            SELECT c.max_uses INTO v_max_uses FROM promo_codes c WHERE c.id = a.code_id;
            IF v_max_uses IS NOT NULL THEN
                RAISE EXCEPTION 'no use is left' USING ERRCODE = 'LU002';
            END IF;
        END IF;
        v_stripe := reserve_promotion(
            p_promotion_id => p.id, p_total_limit => p.total_limit, p_budget_minor => p.budget_minor,
            p_discount_minor => a.price_minor - a.total_minor
        );
        IF v_stripe IS NULL THEN
            RAISE EXCEPTION 'no use is left' USING ERRCODE = 'LU002';
        END IF;
        IF a.campaign_id IS NOT NULL THEN
            SELECT o.* INTO STRICT m FROM campaigns o WHERE o.id = a.campaign_id;
            v_campaign_stripe := reserve_campaign(
                p_campaign_id => m.id, p_total_limit => m.total_limit, p_budget_minor => m.budget_minor,
                p_discount_minor => a.price_minor - a.total_minor
            );
            IF v_campaign_stripe IS NULL THEN
                RAISE EXCEPTION 'no use is left' USING ERRCODE = 'LU002';
            END IF;
        END IF;
        UPDATE applications o SET state = 'used', cancel_reason = NULL, updated_at = p_now, stripe = v_stripe,
            campaign_stripe = v_campaign_stripe, code_counted = v_code_counted
        WHERE o.id = a.id AND o.state IN ('cancelled', 'expired');
        IF NOT FOUND THEN
            RAISE EXCEPTION 'the application % was not released', a.id;
        END IF;
        RETURN true;
    EXCEPTION
        WHEN unique_violation OR SQLSTATE 'LU002' THEN
            -- The person has had a trial meanwhile, or the counters leave none: the reservation is undone.
            RETURN false;
    END;
END $$;

CREATE FUNCTION public.reserve_campaign(p_campaign_id bigint, p_total_limit bigint, p_budget_minor bigint, p_discount_minor bigint) RETURNS smallint
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_stripe smallint := (pg_backend_pid() % stripes_for(p_total_limit))::smallint;
BEGIN
    IF p_total_limit IS NULL AND p_budget_minor IS NULL THEN
        UPDATE campaign_usage SET taken = taken + 1, spent_minor = spent_minor + p_discount_minor
        WHERE campaign_id = p_campaign_id AND stripe = v_stripe AND quota IS NULL AND quota_minor IS NULL;
        IF FOUND THEN
            RETURN v_stripe;
        END IF;
        -- Nobody sees an uncommitted stripe: a change of the limit waits for this lock, or is visible here.
        PERFORM FROM campaigns m
        WHERE m.id = p_campaign_id AND m.total_limit IS NULL AND m.budget_minor IS NULL FOR SHARE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'the campaign has a limit by now' USING ERRCODE = 'LS001';
        END IF;
        INSERT INTO campaign_usage AS u (campaign_id, stripe, taken, spent_minor)
        VALUES (p_campaign_id, v_stripe, 1, p_discount_minor)
        ON CONFLICT (campaign_id, stripe) DO UPDATE
            SET taken = u.taken + 1, spent_minor = u.spent_minor + p_discount_minor
            WHERE u.quota IS NULL AND u.quota_minor IS NULL;
        IF FOUND THEN
            RETURN v_stripe;
        END IF;
        RAISE EXCEPTION 'the campaign has a limit by now' USING ERRCODE = 'LS001';
    END IF;
    -- The caller may have read the limits before one was added: a stripe that has a quota for it is left to the lock below.
    -- Checked first: an UPDATE that waits for a stripe and then finds no room keeps its lock, and locking all in order
    -- after that would deadlock two such reservations.
    IF EXISTS (
        SELECT FROM campaign_usage
        WHERE campaign_id = p_campaign_id AND stripe = v_stripe
            AND CASE WHEN p_total_limit IS NULL THEN quota IS NULL ELSE taken < quota END
            AND CASE WHEN p_budget_minor IS NULL THEN quota_minor IS NULL
                ELSE spent_minor + p_discount_minor <= quota_minor END
    ) THEN
        UPDATE campaign_usage SET taken = taken + 1, spent_minor = spent_minor + p_discount_minor
        WHERE campaign_id = p_campaign_id AND stripe = v_stripe
            AND CASE WHEN p_total_limit IS NULL THEN quota IS NULL ELSE taken < quota END
            AND CASE WHEN p_budget_minor IS NULL THEN quota_minor IS NULL
                ELSE spent_minor + p_discount_minor <= quota_minor END;
        IF FOUND THEN
            RETURN v_stripe;
        END IF;
        RAISE EXCEPTION 'another transaction has reserved what was left in the stripe' USING ERRCODE = 'LS001';
    END IF;
    PERFORM FROM campaign_usage WHERE campaign_id = p_campaign_id ORDER BY stripe FOR UPDATE;
    -- Under the lock, the limits are those that the quotas add up to; the caller may have read earlier ones.
    SELECT m.total_limit, m.budget_minor INTO p_total_limit, p_budget_minor FROM campaigns m WHERE m.id = p_campaign_id;
    FOR v_try IN 1..2 LOOP
        SELECT stripe INTO v_stripe FROM campaign_usage
        WHERE campaign_id = p_campaign_id
            AND (p_total_limit IS NULL OR taken < quota)
            AND (p_budget_minor IS NULL OR spent_minor + p_discount_minor <= quota_minor)
        ORDER BY stripe LIMIT 1;
        EXIT WHEN FOUND;
        IF v_try = 2 OR p_budget_minor IS NULL THEN
            RETURN NULL;
        END IF;
        PERFORM rebalance_campaign(
            p_campaign_id => p_campaign_id, p_total_limit => p_total_limit, p_budget_minor => p_budget_minor,
            p_stripes => 1
        );
    END LOOP;
    UPDATE campaign_usage SET taken = taken + 1, spent_minor = spent_minor + p_discount_minor
    WHERE campaign_id = p_campaign_id AND stripe = v_stripe;
    RETURN v_stripe;
END $$;

CREATE FUNCTION public.reserve_promotion(p_promotion_id bigint, p_total_limit bigint, p_budget_minor bigint, p_discount_minor bigint) RETURNS smallint
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_stripe smallint := (pg_backend_pid() % stripes_for(p_total_limit))::smallint;
BEGIN
    IF p_total_limit IS NULL AND p_budget_minor IS NULL THEN
        UPDATE promotion_usage SET taken = taken + 1, spent_minor = spent_minor + p_discount_minor
        WHERE promotion_id = p_promotion_id AND stripe = v_stripe AND quota IS NULL AND quota_minor IS NULL;
        IF FOUND THEN
            RETURN v_stripe;
        END IF;
        -- Nobody sees an uncommitted stripe: a change of the limit waits for this lock, or is visible here.
        PERFORM FROM promotions p
        WHERE p.id = p_promotion_id AND p.total_limit IS NULL AND p.budget_minor IS NULL FOR SHARE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'the promotion has a limit by now' USING ERRCODE = 'LS001';
        END IF;
        INSERT INTO promotion_usage AS u (promotion_id, stripe, taken, spent_minor)
        VALUES (p_promotion_id, v_stripe, 1, p_discount_minor)
        ON CONFLICT (promotion_id, stripe) DO UPDATE
            SET taken = u.taken + 1, spent_minor = u.spent_minor + p_discount_minor
            WHERE u.quota IS NULL AND u.quota_minor IS NULL;
        IF FOUND THEN
            RETURN v_stripe;
        END IF;
        RAISE EXCEPTION 'the promotion has a limit by now' USING ERRCODE = 'LS001';
    END IF;
    -- The caller may have read the limits before one was added: a stripe that has a quota for it is left to the lock below.
    -- Checked first: an UPDATE that waits for a stripe and then finds no room keeps its lock, and locking all in order
    -- after that would deadlock two such reservations.
    IF EXISTS (
        SELECT FROM promotion_usage
        WHERE promotion_id = p_promotion_id AND stripe = v_stripe
            AND CASE WHEN p_total_limit IS NULL THEN quota IS NULL ELSE taken < quota END
            AND CASE WHEN p_budget_minor IS NULL THEN quota_minor IS NULL
                ELSE spent_minor + p_discount_minor <= quota_minor END
    ) THEN
        UPDATE promotion_usage SET taken = taken + 1, spent_minor = spent_minor + p_discount_minor
        WHERE promotion_id = p_promotion_id AND stripe = v_stripe
            AND CASE WHEN p_total_limit IS NULL THEN quota IS NULL ELSE taken < quota END
            AND CASE WHEN p_budget_minor IS NULL THEN quota_minor IS NULL
                ELSE spent_minor + p_discount_minor <= quota_minor END;
        IF FOUND THEN
            RETURN v_stripe;
        END IF;
        RAISE EXCEPTION 'another transaction has reserved what was left in the stripe' USING ERRCODE = 'LS001';
    END IF;
    PERFORM FROM promotion_usage WHERE promotion_id = p_promotion_id ORDER BY stripe FOR UPDATE;
    -- Under the lock, the limits are those that the quotas add up to; the caller may have read earlier ones.
    SELECT p.total_limit, p.budget_minor INTO p_total_limit, p_budget_minor FROM promotions p WHERE p.id = p_promotion_id;
    FOR v_try IN 1..2 LOOP
        SELECT stripe INTO v_stripe FROM promotion_usage
        WHERE promotion_id = p_promotion_id
            AND (p_total_limit IS NULL OR taken < quota)
            AND (p_budget_minor IS NULL OR spent_minor + p_discount_minor <= quota_minor)
        ORDER BY stripe LIMIT 1;
        EXIT WHEN FOUND;
        IF v_try = 2 OR p_budget_minor IS NULL THEN
            RETURN NULL;
        END IF;
        PERFORM rebalance_promotion(
            p_promotion_id => p_promotion_id, p_total_limit => p_total_limit, p_budget_minor => p_budget_minor,
            p_stripes => 1
        );
    END LOOP;
    UPDATE promotion_usage SET taken = taken + 1, spent_minor = spent_minor + p_discount_minor
    WHERE promotion_id = p_promotion_id AND stripe = v_stripe;
    RETURN v_stripe;
END $$;

CREATE FUNCTION public.reserve_use(p_application_id uuid, p_user_id uuid, p_code_id bigint, p_tariff_id bigint, p_versions integer[], p_now timestamp with time zone, p_total_minor bigint, p_uses_since timestamp with time zone, p_rule_set smallint, p_observed jsonb, p_max_unused integer, p_applied_by uuid DEFAULT NULL::uuid, p_reason text DEFAULT NULL::text, p_waived text[] DEFAULT NULL::text[], p_hold_minutes integer DEFAULT NULL::integer, OUT expires_at timestamp with time zone, OUT taken bigint, OUT spent_minor bigint, OUT campaign_taken bigint, OUT campaign_spent_minor bigint) RETURNS record
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
DECLARE
    v_person_id uuid;
    v_max_uses bigint;
    v_promotion_id bigint;
    v_total_limit bigint;
    v_budget_minor bigint;
    v_per_user_limit integer;
    v_hold_minutes integer;
    v_trial_days integer;
    v_first_purchase boolean;
    v_price_minor bigint;
    v_currency text;
    v_campaign_id bigint;
    v_campaign_limit bigint;
    v_campaign_budget_minor bigint;
    v_discount_minor bigint;
    v_uses bigint;
    v_code_uses bigint;
    v_holds_another boolean;
    v_had_trial boolean;
    v_had_first boolean;
    v_unused bigint;
    v_is_insider boolean;
    v_stripe smallint;
    v_campaign_stripe smallint;
BEGIN
    SELECT coalesce(u.first_account_id, u.id), c.max_uses, p.id, p.total_limit, p.budget_minor, p.per_user_limit,
        p.hold_minutes, p.effect_days, p.first_purchase IS NOT NULL, t.price_minor, t.currency, m.id, m.total_limit, m.budget_minor
    INTO v_person_id, v_max_uses, v_promotion_id, v_total_limit, v_budget_minor, v_per_user_limit,
        v_hold_minutes, v_trial_days, v_first_purchase, v_price_minor, v_currency, v_campaign_id, v_campaign_limit,
        v_campaign_budget_minor
    FROM users u
    JOIN promo_codes c ON c.id = p_code_id
    JOIN promotions p ON p.id = c.promotion_id
    JOIN tariffs t ON t.id = p_tariff_id
    LEFT JOIN campaigns m ON m.id = p.campaign_id
    WHERE u.id = p_user_id AND u.status = 'active' AND c.version = p_versions[1] AND p.version = p_versions[2]
        AND t.version = p_versions[3] AND m.version IS NOT DISTINCT FROM p_versions[4]
    FOR NO KEY UPDATE OF u;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF p_waived IS NOT NULL THEN
        -- What is waived is not counted; nor is it a first purchase when it is bought.
        v_first_purchase := v_first_purchase AND 'not_first_purchase' <> ALL (p_waived);
        v_per_user_limit := CASE WHEN 'user_limit_reached' <> ALL (p_waived) THEN v_per_user_limit END;
        p_max_unused := CASE WHEN 'too_many_unused_applications' <> ALL (p_waived) THEN p_max_unused END;
    END IF;
    -- A separate statement: it sees what was committed before the lock was granted.
    SELECT
        EXISTS (
            SELECT FROM applications a
            WHERE a.user_id = p_user_id AND a.tariff_id = p_tariff_id AND a.state IN ('applied', 'paying')
        ),
        CASE WHEN v_per_user_limit IS NOT NULL THEN (
            SELECT count(*) FROM applications a
            WHERE a.person_id = v_person_id AND a.promotion_id = v_promotion_id
                AND a.state IN ('applied', 'paying', 'used') AND a.created_at >= p_uses_since
        ) END,
        v_trial_days IS NOT NULL AND EXISTS (
            SELECT FROM applications a
            WHERE a.person_id = v_person_id AND a.trial_days IS NOT NULL AND a.state IN ('applied', 'paying', 'used')
        ),
        v_first_purchase AND EXISTS (
            SELECT FROM applications a
            WHERE a.person_id = v_person_id AND a.first_purchase AND a.state IN ('applied', 'paying', 'used')
        ),
        CASE
            WHEN num_nonnulls(v_total_limit, v_budget_minor, v_campaign_limit, v_campaign_budget_minor, v_max_uses) > 0
            THEN unused_applications(p_person_id => v_person_id, p_promotion_id => v_promotion_id, p_at => p_now)
        END,
        -- Looking a code up changes no version.
        CASE WHEN EXISTS (SELECT FROM insiders i WHERE i.person_id = v_person_id) THEN
            known_since(p_person_id => v_person_id, p_promotion_id => v_promotion_id, p_code_id => p_code_id) IS NOT NULL
        END
    INTO v_holds_another, v_uses, v_had_trial, v_had_first, v_unused, v_is_insider;
    IF v_holds_another OR v_had_trial OR v_had_first OR v_is_insider OR v_uses >= v_per_user_limit OR v_unused >= p_max_unused THEN
        RETURN;
    END IF;

    v_discount_minor := v_price_minor - p_total_minor;
    IF v_max_uses IS NOT NULL THEN
        UPDATE promo_codes c SET uses = c.uses + 1 WHERE c.id = p_code_id AND c.uses < c.max_uses
        RETURNING c.uses - 1 INTO v_code_uses;
        IF NOT FOUND THEN
            RETURN;
        END IF;
        p_observed := p_observed || jsonb_build_object('code_uses', v_code_uses);
    END IF;
    v_stripe := reserve_promotion(
        p_promotion_id => v_promotion_id, p_total_limit => v_total_limit, p_budget_minor => v_budget_minor,
        p_discount_minor => v_discount_minor
    );
    IF v_stripe IS NOT NULL AND v_campaign_id IS NOT NULL THEN
        v_campaign_stripe := reserve_campaign(
            p_campaign_id => v_campaign_id, p_total_limit => v_campaign_limit,
            p_budget_minor => v_campaign_budget_minor, p_discount_minor => v_discount_minor
        );
    END IF;
    IF v_stripe IS NULL OR (v_campaign_id IS NOT NULL AND v_campaign_stripe IS NULL) THEN
        -- Undoes the reservations in the other counters.
        RAISE EXCEPTION 'a limit leaves no use' USING ERRCODE = 'LS001';
    END IF;
    IF num_nonnulls(v_total_limit, v_budget_minor) > 0 THEN
        SELECT sum(s.taken)::bigint - 1, sum(s.spent_minor)::bigint - v_discount_minor INTO taken, spent_minor
        FROM promotion_usage s WHERE s.promotion_id = v_promotion_id;
        p_observed := p_observed || jsonb_build_object('taken', taken, 'spent_minor', spent_minor);
    END IF;
    IF num_nonnulls(v_campaign_limit, v_campaign_budget_minor) > 0 THEN
        SELECT sum(s.taken)::bigint - 1, sum(s.spent_minor)::bigint - v_discount_minor INTO campaign_taken, campaign_spent_minor
        FROM campaign_usage s WHERE s.campaign_id = v_campaign_id;
        p_observed := p_observed
            || jsonb_build_object('campaign_taken', campaign_taken, 'campaign_spent_minor', campaign_spent_minor);
    END IF;
    IF v_uses > 0 THEN
        p_observed := p_observed || jsonb_build_object('uses', v_uses);
    END IF;
    IF v_unused > 0 THEN
        p_observed := p_observed || jsonb_build_object('unused', v_unused);
    END IF;
    expires_at := p_now + make_interval(mins => coalesce(p_hold_minutes, v_hold_minutes));
    INSERT INTO applications (id, user_id, person_id, code_id, promotion_id, campaign_id, tariff_id, price_minor,
        total_minor, created_at, expires_at, updated_at, trial_days, code_version, promotion_version, tariff_version,
        campaign_version, rule_set, stripe, campaign_stripe, code_counted, first_purchase, currency, state, observed,
        applied_by, waived, reason)
    VALUES (p_application_id, p_user_id, v_person_id, p_code_id, v_promotion_id, v_campaign_id, p_tariff_id,
        v_price_minor, p_total_minor, p_now, reserve_use.expires_at, p_now, v_trial_days,
        p_versions[1], p_versions[2], p_versions[3], p_versions[4], p_rule_set, v_stripe, v_campaign_stripe,
        v_max_uses IS NOT NULL, v_first_purchase, v_currency, 'applied', p_observed, p_applied_by, p_waived, p_reason);
END $$;

CREATE FUNCTION public.revoke_purchase(p_purchase_id uuid, p_revocation_id uuid, p_reason text, p_staff public.staff_request) RETURNS text
    LANGUAGE plpgsql
    AS $$
DECLARE
    b purchases;
    v_outcome text;
BEGIN
    SELECT f.outcome INTO v_outcome FROM find_staff_request(p_staff) AS f;
    IF v_outcome <> 'new' THEN
        RETURN CASE v_outcome WHEN 'repeated' THEN 'revoked' ELSE v_outcome END;
    END IF;
    SELECT p.* INTO b FROM purchases p WHERE p.id = p_purchase_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN 'no_purchase';
    ELSIF is_own_account(p_staff => p_staff, p_user_id => b.user_id) THEN
        RETURN 'own_account';
    ELSIF b.status = 'revoked' THEN
        PERFORM keep_staff_request(p_staff => p_staff, p_resource_id => b.id::text);
        RETURN 'revoked';
    ELSIF b.status = 'refunded' THEN
        RETURN 'refunded';
    ELSIF b.status <> 'paid' THEN
        RETURN 'not_paid';
    END IF;
    UPDATE purchases p SET status = 'revoked', revoked_by = p_staff.actor_id, revoke_reason = p_reason WHERE p.id = b.id;
    PERFORM end_purchase(p_purchase_id => b.id, p_status => 'revoked', p_now => p_staff.at);
    PERFORM enqueue_purchase_event(
        p_event_id => p_revocation_id, p_purchase_id => b.id, p_refund_minor => NULL, p_revoked => true,
        p_now => p_staff.at
    );
    PERFORM record_staff_change(
        p_staff => p_staff, p_resource => 'purchase', p_resource_id => b.id::text, p_action => 'revoke',
        p_details => jsonb_build_object('tariff_id', b.tariff_id), p_user_id => b.user_id, p_reason => p_reason
    );
    RETURN 'revoked';
END $$;

CREATE FUNCTION public.settle_staff_request(p_staff public.staff_request, p_resource_id text, OUT outcome text, OUT resource_id text) RETURNS record
    LANGUAGE plpgsql
    AS $$
BEGIN
    SELECT f.outcome, f.resource_id INTO outcome, resource_id FROM find_staff_request(p_staff) AS f;
    IF outcome = 'new' THEN
        PERFORM keep_staff_request(p_staff => p_staff, p_resource_id => p_resource_id);
        resource_id := p_resource_id;
    END IF;
END $$;

CREATE FUNCTION public.share_limits() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_TABLE_NAME = 'promotions' THEN
        PERFORM rebalance_promotion(NEW.id, NEW.total_limit, NEW.budget_minor, stripes_for(NEW.total_limit));
    ELSE
        PERFORM rebalance_campaign(NEW.id, NEW.total_limit, NEW.budget_minor, stripes_for(NEW.total_limit));
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION public.stripe_quota(p_limit bigint, p_taken bigint, p_own bigint, p_stripes integer, p_stripe integer) RETURNS bigint
    LANGUAGE sql IMMUTABLE
    AS $$
    SELECT CASE
        WHEN p_limit IS NULL THEN NULL
        WHEN p_taken > p_limit THEN 0
        WHEN p_stripe >= p_stripes THEN p_own
        ELSE p_own + (p_limit - p_taken) / p_stripes + (p_stripe < (p_limit - p_taken) % p_stripes)::integer
    END
$$;

CREATE FUNCTION public.stripes_for(p_total_limit bigint) RETURNS integer
    LANGUAGE sql IMMUTABLE
    AS $$
    SELECT CASE WHEN p_total_limit IS NULL THEN 32 ELSE greatest(1, least(32, p_total_limit / 16))::integer END
$$;

CREATE FUNCTION public.subscribe(p_purchase_id uuid, p_user_id uuid, p_tariff_id bigint, p_months integer, p_days integer, p_time_zone text, p_now timestamp with time zone, OUT starts_at timestamp with time zone, OUT ends_at timestamp with time zone) RETURNS record
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_before subscriptions;
    v_anchor timestamp;
    v_months integer;
BEGIN
    PERFORM lock_subscriptions(p_user_id => p_user_id, p_tariff_id => p_tariff_id);
    -- Not one that was ended before it began: the chain goes on from the one before it.
    SELECT s.* INTO v_before FROM subscriptions s
    WHERE s.user_id = p_user_id AND s.tariff_id = p_tariff_id AND s.ends_at > s.starts_at
    ORDER BY s.ends_at DESC, s.starts_at DESC LIMIT 1;
    starts_at := greatest(p_now, v_before.ends_at);
    SELECT e.ends_at, e.anchor, e.months INTO ends_at, v_anchor, v_months
    FROM period_end(
        p_starts_at => subscribe.starts_at, p_time_zone => p_time_zone, p_months => p_months, p_days => p_days,
        p_anchor => v_before.anchor,
        p_months_before => CASE
            WHEN v_before.ends_at = subscribe.starts_at AND v_before.time_zone = p_time_zone THEN v_before.months
        END
    ) AS e;
    INSERT INTO subscriptions (purchase_id, user_id, tariff_id, starts_at, ends_at, time_zone, anchor, months)
    VALUES (p_purchase_id, p_user_id, p_tariff_id, subscribe.starts_at, subscribe.ends_at, p_time_zone, v_anchor, v_months);
END $$;

CREATE FUNCTION public.taken_texts(p_codes text[]) RETURNS text[]
    LANGUAGE plpgsql STABLE
    AS $$
BEGIN
    RETURN ARRAY(
        SELECT c.code FROM promo_codes c JOIN promotions p ON p.id = c.promotion_id
        WHERE c.code = ANY (p_codes) AND c.holds_text AND p.status <> 'archived'
        ORDER BY c.code
    );
END $$;

CREATE FUNCTION public.unknown_references(p_promotion public.promotions, p_before public.promotions) RETURNS text[]
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_fields text[] := ARRAY[]::text[];
BEGIN
    PERFORM FROM user_groups g WHERE g.id = ANY (p_promotion.audience_group_ids) ORDER BY g.id FOR KEY SHARE;
    IF EXISTS (
        SELECT FROM unnest(p_promotion.tariff_ids) AS named (id)
        WHERE NOT EXISTS (SELECT FROM tariffs t WHERE t.id = named.id)
            AND named.id <> ALL (coalesce(p_before.tariff_ids, '{}'))
    ) THEN
        v_fields := v_fields || 'tariffs'::text;
    END IF;
    IF EXISTS (
        SELECT FROM unnest(p_promotion.audience_group_ids) AS named (id)
        WHERE NOT EXISTS (SELECT FROM user_groups g WHERE g.id = named.id)
            AND named.id <> ALL (coalesce(p_before.audience_group_ids, '{}'))
    ) THEN
        v_fields := v_fields || 'audience'::text;
    END IF;
    IF p_promotion.campaign_id IS DISTINCT FROM p_before.campaign_id
        AND p_promotion.campaign_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM campaigns m WHERE m.id = p_promotion.campaign_id)
    THEN
        v_fields := v_fields || 'campaign_id'::text;
    END IF;
    RETURN v_fields;
END $$;

CREATE FUNCTION public.unused_applications(p_person_id uuid, p_promotion_id bigint, p_at timestamp with time zone) RETURNS bigint
    LANGUAGE sql STABLE
    AS $$
    SELECT (
        SELECT count(*) FROM applications a
        WHERE a.person_id = p_person_id AND a.promotion_id = p_promotion_id AND a.state IN ('cancelled', 'expired')
            AND a.created_at > p_at - interval '24 hours' AND a.updated_at <= p_at AND a.applied_by IS NULL
            AND (a.state = 'expired' OR a.cancel_reason = 'payment_expired'
                OR (a.cancel_reason = 'user' AND a.updated_at - a.created_at >= (a.expires_at - a.created_at) / 2))
    ) + (
        -- Expired, and not released yet.
        SELECT count(*) FROM applications a
        WHERE a.person_id = p_person_id AND a.promotion_id = p_promotion_id AND a.state IN ('applied', 'paying', 'used')
            AND a.created_at > p_at - interval '24 hours' AND a.state = 'applied' AND a.expires_at <= p_at
            AND a.applied_by IS NULL
    )
$$;

CREATE FUNCTION public.use_for_user(p_application_id uuid, p_purchase_id uuid, p_staff public.staff_request, p_reason text, p_time_zone text, p_now timestamp with time zone, OUT outcome text, OUT application_id uuid) RETURNS record
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_opened text;
    v_user_id uuid;
BEGIN
    SELECT f.outcome, f.resource_id::uuid INTO outcome, application_id FROM find_staff_request(p_staff) AS f;
    IF outcome <> 'new' THEN
        RETURN;
    END IF;
    outcome := 'changed';
    SELECT a.user_id INTO v_user_id FROM applications a WHERE a.id = p_application_id AND a.total_minor = 0;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF is_own_account(p_staff => p_staff, p_user_id => v_user_id) THEN
        outcome := 'own_account';
        RETURN;
    END IF;
    SELECT o.outcome INTO v_opened
    FROM open_purchase(
        p_application_id => p_application_id, p_purchase_id => p_purchase_id, p_idempotency_key => NULL,
        p_time_zone => p_time_zone, p_now => p_now, p_check_at => NULL
    ) AS o;
    IF v_opened = 'opened' THEN
        PERFORM record_staff_change(
            p_staff => p_staff, p_resource => 'application', p_resource_id => p_application_id::text,
            p_action => 'use', p_details => jsonb_build_object('purchase_id', p_purchase_id), p_user_id => v_user_id,
            p_reason => p_reason
        );
        outcome := 'used';
        application_id := p_application_id;
    END IF;
END $$;

CREATE FUNCTION public.version_at(p_kind text, p_id bigint, p_at timestamp with time zone) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    AS $$
DECLARE
    v_then CONSTANT jsonb := coalesce(
        (
            SELECT v.snapshot FROM past_versions v WHERE v.kind = p_kind AND v.id = p_id AND v.until > p_at
            ORDER BY v.version LIMIT 1
        ),
        version_now(p_kind, p_id)
    );
BEGIN
    IF (v_then ->> 'created_at')::timestamptz > p_at THEN
        RETURN NULL;
    END IF;
    RETURN v_then;
END $$;

CREATE FUNCTION public.version_now(p_kind text, p_id bigint) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    AS $$
BEGIN
    RETURN CASE p_kind
        WHEN 'tariff' THEN (SELECT to_jsonb(t) FROM tariffs t WHERE t.id = p_id)
        WHEN 'campaign' THEN (SELECT to_jsonb(m) FROM campaigns m WHERE m.id = p_id)
        WHEN 'promotion' THEN (SELECT to_jsonb(p) FROM promotions p WHERE p.id = p_id)
        WHEN 'promo_code' THEN (SELECT to_jsonb(c) FROM promo_codes c WHERE c.id = p_id)
    END;
END $$;

CREATE FUNCTION public.version_numbered(p_kind text, p_id bigint, p_version integer) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    AS $$
BEGIN
    RETURN coalesce(
        (SELECT v.snapshot FROM past_versions v WHERE v.kind = p_kind AND v.id = p_id AND v.version = p_version),
        version_now(p_kind, p_id)
    );
END $$;

CREATE FUNCTION public.was_live(p_state text, p_expires_at timestamp with time zone, p_updated_at timestamp with time zone, p_at timestamp with time zone) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    AS $$
    SELECT p_state IN ('paying', 'used')
        OR (p_state IN ('applied', 'expired') AND p_expires_at > p_at)
        OR (p_state = 'cancelled' AND p_updated_at > p_at)
$$;

CREATE FUNCTION public.why_not_sold(p_user_id uuid, p_application_id uuid) RETURNS text
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM FROM users u WHERE u.id = p_user_id AND u.status = 'active' FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN 'user_not_active';
    END IF;
    -- A separate statement: it sees what was committed before the lock was granted.
    PERFORM FROM applications a JOIN promotions p ON p.id = a.promotion_id
    WHERE a.id = p_application_id AND a.first_purchase
        AND has_purchased(p_person_id => a.person_id, p_kind => coalesce(p.first_purchase, 'paid'));
    IF FOUND THEN
        RETURN 'not_first_purchase';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION public.withdraw_approval(p_approval_id uuid, p_reason text, p_of_others boolean, p_staff public.staff_request, OUT outcome text, OUT state text) RETURNS record
    LANGUAGE plpgsql
    AS $$
DECLARE
    a approvals;
BEGIN
    outcome := lock_approval(p_approval_id => p_approval_id, p_wanted => 'withdrawn', p_staff => p_staff);
    SELECT w.* INTO a FROM approvals w WHERE w.id = p_approval_id;
    state := a.state;
    IF outcome = 'repeated' THEN
        outcome := 'withdrawn';
    ELSIF outcome = 'pending' AND NOT p_of_others AND person_of(a.requested_by) <> person_of(p_staff.actor_id) THEN
        outcome := 'not_own';
    ELSIF outcome = 'pending' THEN
        PERFORM decide_approval(p_approval => a, p_state => 'withdrawn', p_reason => p_reason, p_staff => p_staff);
        outcome := 'withdrawn';
        state := 'withdrawn';
    END IF;
END $$;

CREATE TABLE public.campaign_usage (
    campaign_id bigint NOT NULL,
    stripe smallint NOT NULL,
    taken bigint DEFAULT 0 NOT NULL,
    quota bigint,
    spent_minor bigint DEFAULT 0 NOT NULL,
    quota_minor bigint,
    CONSTRAINT campaign_usage_not_negative CHECK (((taken >= 0) AND (spent_minor >= 0)))
)
WITH (fillfactor='40');
COMMENT ON TABLE public.campaign_usage IS 'A row is a stripe of a campaign''s counter, like a row of promotion_usage.';

CREATE TABLE public.campaigns (
    id bigint NOT NULL,
    title text NOT NULL,
    status text DEFAULT 'active'::text NOT NULL,
    total_limit bigint,
    budget_minor bigint,
    currency text DEFAULT 'RUB'::text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT campaigns_budget_minor_check CHECK ((budget_minor > 0)),
    CONSTRAINT campaigns_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT campaigns_id_check CHECK ((id > 0)),
    CONSTRAINT campaigns_status_check CHECK ((status = ANY (ARRAY['active'::text, 'paused'::text, 'archived'::text]))),
    CONSTRAINT campaigns_total_limit_check CHECK ((total_limit > 0)),
    CONSTRAINT campaigns_version_check CHECK ((version > 0))
);
COMMENT ON TABLE public.campaigns IS 'A row is a campaign: a switch, a limit and a budget that several promotions share.';
COMMENT ON COLUMN public.campaigns.total_limit IS 'The limit on uses of all its promotions together; NULL for no limit.';
COMMENT ON COLUMN public.campaigns.budget_minor IS 'The limit on the sum of all discounts; NULL for no limit.';

ALTER TABLE public.campaigns ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.campaigns_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.catalogue_version (
    one boolean DEFAULT true NOT NULL,
    version bigint NOT NULL,
    CONSTRAINT catalogue_version_one_check CHECK (one)
);
COMMENT ON TABLE public.catalogue_version IS 'A row is the version of the catalogue; there is only one. Every change to a tariff, a campaign, a promotion or a shared code advances it.';

CREATE TABLE public.code_batches (
    id bigint NOT NULL,
    promotion_id bigint NOT NULL,
    title text NOT NULL,
    created_at timestamp with time zone NOT NULL
);
COMMENT ON TABLE public.code_batches IS 'A row is a set of codes of one promotion that were generated together.';

ALTER TABLE public.code_batches ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.code_batches_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.group_members (
    group_id bigint NOT NULL,
    user_id uuid NOT NULL,
    added_at timestamp with time zone NOT NULL
);
COMMENT ON TABLE public.group_members IS 'A row is a current membership of a user in a group.';

CREATE TABLE public.inbox (
    event_id uuid NOT NULL,
    received_at timestamp with time zone NOT NULL
);
COMMENT ON TABLE public.inbox IS 'A row is an event about a user that has been handled, so that a duplicate changes nothing.';

CREATE TABLE public.insiders (
    person_id uuid NOT NULL,
    promotion_id bigint,
    code_id bigint,
    since timestamp with time zone NOT NULL,
    CONSTRAINT insiders_of_one CHECK ((num_nonnulls(promotion_id, code_id) = 1))
);
COMMENT ON TABLE public.insiders IS 'A row is a promotion (all its codes) or a single code that a person has made, changed or seen as a member of staff, since the first time.';
COMMENT ON COLUMN public.insiders.person_id IS 'The first account of the person, as in applications: an e-mail address keeps it when an account is deleted.';

CREATE TABLE public.ledger (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    purchase_id uuid NOT NULL,
    kind text NOT NULL,
    reference text NOT NULL,
    amount_minor bigint NOT NULL,
    currency text NOT NULL,
    CONSTRAINT ledger_direction CHECK (
CASE kind
    WHEN 'payment'::text THEN (amount_minor > 0)
    ELSE (amount_minor < 0)
END),
    CONSTRAINT ledger_kind_check CHECK ((kind = ANY (ARRAY['payment'::text, 'refund'::text])))
);
COMMENT ON TABLE public.ledger IS 'A row is a movement of money at the provider: payments are positive, refunds negative. It is never changed.';
COMMENT ON COLUMN public.ledger.reference IS 'The provider''s ID of the payment or the refund.';

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
    code_id bigint,
    price_minor bigint NOT NULL,
    total_minor bigint NOT NULL,
    currency text NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    paid_until timestamp with time zone NOT NULL,
    refund_minor bigint,
    refunded_minor bigint,
    revoked boolean NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    published_at timestamp with time zone,
    claimed_until timestamp with time zone,
    CONSTRAINT outbox_refund CHECK (((refund_minor IS NULL) = (refunded_minor IS NULL)))
);
COMMENT ON TABLE public.outbox IS 'A row is an event about a purchase. Events are published in order per user.';
COMMENT ON COLUMN public.outbox.event_id IS 'The ID of the purchase that was paid, of the refund, or of the revocation: none occurs twice.';
COMMENT ON COLUMN public.outbox.paid_until IS 'The end of the last of the user''s subscriptions to this tariff.';
COMMENT ON COLUMN public.outbox.refund_minor IS 'The amount of this refund; refunded_minor is the total refunded.';
COMMENT ON COLUMN public.outbox.claimed_until IS 'Until when only the relay that claimed the event publishes it.';

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
COMMENT ON TABLE public.past_group_members IS 'A row is a membership that has ended, for questions about a past time.';

CREATE TABLE public.past_versions (
    kind text NOT NULL,
    id bigint NOT NULL,
    version integer NOT NULL,
    until timestamp with time zone NOT NULL,
    snapshot jsonb NOT NULL,
    CONSTRAINT past_versions_kind CHECK ((kind = ANY (ARRAY['tariff'::text, 'campaign'::text, 'promotion'::text, 'promo_code'::text, 'group'::text])))
);
COMMENT ON TABLE public.past_versions IS 'A row is an earlier version of a tariff, a campaign, a promotion, a promo code or a group. It is never changed itself.';
COMMENT ON COLUMN public.past_versions.snapshot IS 'The whole row as JSON, read like that of a current row: a migration that adds a column adds it here too.';

ALTER TABLE public.promo_codes ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.promo_codes_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.promotion_usage (
    promotion_id bigint NOT NULL,
    stripe smallint NOT NULL,
    taken bigint DEFAULT 0 NOT NULL,
    quota bigint,
    spent_minor bigint DEFAULT 0 NOT NULL,
    quota_minor bigint,
    CONSTRAINT promotion_usage_not_negative CHECK (((taken >= 0) AND (spent_minor >= 0)))
)
WITH (fillfactor='40');
COMMENT ON TABLE public.promotion_usage IS 'A row is a stripe of a promotion''s counter of reserved and spent uses: docs/adr/0008-usage-counters.md.';
COMMENT ON COLUMN public.promotion_usage.quota IS 'The stripe''s share of the limit; NULL without a limit. 0 in every stripe when the limit is exceeded.';
COMMENT ON COLUMN public.promotion_usage.spent_minor IS 'The sum of the discounts of these uses.';

ALTER TABLE public.promotions ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.promotions_id_seq
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
COMMENT ON TABLE public.purchase_event_counts IS 'A row is the sequence number of a user''s last event, which outlives the event: every paid purchase, each refund and each revocation has one.';

CREATE TABLE public.purchase_keys (
    user_id uuid NOT NULL,
    key text NOT NULL,
    purchase_id uuid NOT NULL
);
COMMENT ON TABLE public.purchase_keys IS 'A row is an Idempotency-Key that was answered with a purchase. A request that repeats it gets that purchase.';

CREATE TABLE public.purchases (
    id uuid NOT NULL,
    application_id uuid,
    user_id uuid NOT NULL,
    tariff_id bigint NOT NULL,
    status text NOT NULL,
    failure text,
    price_minor bigint NOT NULL,
    total_minor bigint NOT NULL,
    currency text NOT NULL,
    period_months integer,
    trial_days integer,
    payment_id text,
    confirmation_url text,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    check_at timestamp with time zone,
    revoked_by uuid,
    revoke_reason text,
    given_by uuid,
    give_reason text,
    code_id bigint,
    CONSTRAINT purchases_check CHECK (((total_minor >= 0) AND (total_minor <= price_minor))),
    CONSTRAINT purchases_code CHECK (((code_id IS NULL) = (application_id IS NULL))),
    CONSTRAINT purchases_failure CHECK (((status = 'failed'::text) = (failure IS NOT NULL))),
    CONSTRAINT purchases_failure_check CHECK ((failure = ANY (ARRAY['payment_failed'::text, 'payment_expired'::text, 'payment_rejected'::text, 'cancelled_by_buyer'::text, 'user_not_active'::text, 'not_first_purchase'::text]))),
    CONSTRAINT purchases_given CHECK ((((given_by IS NOT NULL) = ((application_id IS NULL) AND (total_minor = 0))) AND ((given_by IS NULL) = (give_reason IS NULL)))),
    CONSTRAINT purchases_period CHECK ((num_nonnulls(period_months, trial_days) = 1)),
    CONSTRAINT purchases_period_months_check CHECK ((period_months > 0)),
    CONSTRAINT purchases_price_minor_check CHECK ((price_minor > 0)),
    CONSTRAINT purchases_revoked CHECK (((status = 'revoked'::text) = (num_nonnulls(revoked_by, revoke_reason) = 2))),
    CONSTRAINT purchases_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'paid'::text, 'failed'::text, 'refunded'::text, 'revoked'::text]))),
    CONSTRAINT purchases_trial_days_check CHECK ((trial_days > 0))
);
COMMENT ON TABLE public.purchases IS 'A row is a purchase of a tariff, with a promo code or at the full price.';
COMMENT ON COLUMN public.purchases.application_id IS 'NULL at the full price, and for what staff gave.';
COMMENT ON COLUMN public.purchases.period_months IS 'What was bought, as the buyer saw it: calendar months, or trial_days.';
COMMENT ON COLUMN public.purchases.payment_id IS 'The provider''s ID of the payment.';
COMMENT ON COLUMN public.purchases.check_at IS 'When to ask the provider about the payment; NULL once its outcome is known.';
COMMENT ON COLUMN public.purchases.given_by IS 'Who of the staff gave it; NULL for what was bought.';
COMMENT ON COLUMN public.purchases.give_reason IS 'Why, for staff alone.';
COMMENT ON COLUMN public.purchases.code_id IS 'The promo code of the application, so that the purchases of a code are found in the order of time.';

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
    currency text NOT NULL,
    cause text NOT NULL,
    actor_id uuid,
    idempotency_key text,
    status text NOT NULL,
    failure text,
    reference text,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    check_at timestamp with time zone NOT NULL,
    reason text,
    fingerprint bytea,
    CONSTRAINT refunds_amount_minor_check CHECK ((amount_minor > 0)),
    CONSTRAINT refunds_cause_check CHECK ((cause = ANY (ARRAY['staff'::text, 'late_payment'::text, 'provider'::text]))),
    CONSTRAINT refunds_check CHECK (((actor_id IS NOT NULL) = (cause = 'staff'::text))),
    CONSTRAINT refunds_check1 CHECK (((failure IS NOT NULL) = (status = 'failed'::text))),
    CONSTRAINT refunds_reason CHECK (((reason IS NULL) OR (cause = 'staff'::text))),
    CONSTRAINT refunds_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'succeeded'::text, 'failed'::text])))
);
COMMENT ON TABLE public.refunds IS 'A row is a refund to a buyer, whatever its status.';
COMMENT ON COLUMN public.refunds.id IS 'Also the idempotence key at the provider.';
COMMENT ON COLUMN public.refunds.cause IS 'Ordered by staff, due to a late payment, or made directly at the provider.';
COMMENT ON COLUMN public.refunds.failure IS 'The provider''s reason for the failure.';
COMMENT ON COLUMN public.refunds.check_at IS 'When to ask the provider again.';
COMMENT ON COLUMN public.refunds.reason IS 'Why staff ordered it, for staff alone.';
COMMENT ON COLUMN public.refunds.fingerprint IS 'The SHA-256 of the request that ordered it under its Idempotency-Key; NULL where there is no key. Another request with that key is refused.';

CREATE TABLE public.refusals_other (
    id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    user_id uuid NOT NULL,
    code_id bigint NOT NULL,
    promotion_id bigint NOT NULL,
    campaign_id bigint,
    tariff_id bigint NOT NULL,
    code_version integer NOT NULL,
    promotion_version integer NOT NULL,
    campaign_version integer,
    tariff_version integer NOT NULL,
    rule_set smallint NOT NULL,
    refused text[] NOT NULL,
    observed jsonb NOT NULL,
    applied_by uuid,
    waived text[],
    reason text,
    CONSTRAINT refusals_refused_check CHECK ((cardinality(refused) > 0))
);
COMMENT ON TABLE public.refusals_other IS 'The default partition: no refusal fails to be stored for lack of a partition.';

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
    resource_id text NOT NULL,
    action text NOT NULL,
    details jsonb NOT NULL,
    user_id uuid,
    reason text,
    CONSTRAINT staff_changes_resource CHECK ((resource = ANY (ARRAY['tariff'::text, 'campaign'::text, 'promotion'::text, 'promo_code'::text, 'group'::text, 'user'::text, 'application'::text, 'purchase'::text, 'refund'::text, 'subscription'::text, 'approval'::text])))
);
COMMENT ON TABLE public.staff_changes IS 'A row is a change that staff made, and who made it, by ID alone.';
COMMENT ON COLUMN public.staff_changes.user_id IS 'The user who is concerned; NULL for a change of what is offered.';
COMMENT ON COLUMN public.staff_changes.reason IS 'Why, in the words of the member of staff.';

ALTER TABLE public.staff_changes ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.staff_changes_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.staff_requests (
    actor_id uuid NOT NULL,
    key bytea NOT NULL,
    fingerprint bytea NOT NULL,
    resource_id text NOT NULL,
    at timestamp with time zone NOT NULL,
    answer jsonb
);
COMMENT ON TABLE public.staff_requests IS 'A row is an Idempotency-Key under which a member of staff changed something. A request that repeats it gets that resource.';
COMMENT ON COLUMN public.staff_requests.answer IS 'What the request was answered with, where the resource as it is now does not say that: how many members it added, say.';

CREATE TABLE public.subscriptions (
    purchase_id uuid NOT NULL,
    user_id uuid NOT NULL,
    tariff_id bigint NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    time_zone text NOT NULL,
    anchor timestamp without time zone NOT NULL,
    months integer NOT NULL,
    CONSTRAINT subscriptions_period CHECK ((ends_at >= starts_at))
);
COMMENT ON TABLE public.subscriptions IS 'A row is the period that was bought with a purchase, half-open.';
COMMENT ON COLUMN public.subscriptions.anchor IS 'When the chain of monthly periods began that this one belongs to, on the clock of the time zone. It ends `months` calendar months later; 0 for a period of days or one that was cut short, which no chain goes on from.';

CREATE TABLE public.tariffs (
    id bigint NOT NULL,
    title text NOT NULL,
    price_minor bigint NOT NULL,
    currency text NOT NULL,
    period_months integer NOT NULL,
    status text DEFAULT 'active'::text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT tariffs_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT tariffs_id_check CHECK ((id > 0)),
    CONSTRAINT tariffs_period_months_check CHECK (((period_months >= 1) AND (period_months <= 120))),
    CONSTRAINT tariffs_price_minor_check CHECK ((price_minor > 0)),
    CONSTRAINT tariffs_status_check CHECK ((status = ANY (ARRAY['active'::text, 'archived'::text]))),
    CONSTRAINT tariffs_version_check CHECK ((version > 0))
);
COMMENT ON TABLE public.tariffs IS 'A row is a paid version of the product, as it is sold now.';

ALTER TABLE public.tariffs ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.tariffs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.user_groups (
    id bigint NOT NULL,
    title text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT user_groups_id_check CHECK ((id > 0)),
    CONSTRAINT user_groups_version CHECK ((version > 0))
);
COMMENT ON TABLE public.user_groups IS 'A row is a group of users that a promotion can be for.';
COMMENT ON COLUMN public.user_groups.version IS 'Grows when the group is renamed. Its members have no versions: the log of changes by staff says how many came and went.';

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
COMMENT ON TABLE public.user_statuses IS 'A row is a status that a user had from `at` on, for questions about a past time.';

CREATE TABLE public.users (
    id uuid NOT NULL,
    status text NOT NULL,
    version bigint NOT NULL,
    first_account_id uuid,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT users_status_check CHECK ((status = ANY (ARRAY['active'::text, 'blocked'::text, 'deleted'::text]))),
    CONSTRAINT users_version_check CHECK ((version > 0))
);
COMMENT ON TABLE public.users IS 'A row is a copy of a status that the auth side owns, updated by events; the highest version wins.';
COMMENT ON COLUMN public.users.first_account_id IS 'The first account of the same e-mail address, if that was deleted before this one was created. Both are one person.';

ALTER TABLE ONLY public.refusals ATTACH PARTITION public.refusals_other DEFAULT;

ALTER TABLE ONLY public.applications
    ADD CONSTRAINT applications_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.approvals
    ADD CONSTRAINT approvals_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaign_usage
    ADD CONSTRAINT campaign_usage_pkey PRIMARY KEY (campaign_id, stripe);

ALTER TABLE ONLY public.campaigns
    ADD CONSTRAINT campaigns_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaigns
    ADD CONSTRAINT campaigns_title_key UNIQUE (title);

ALTER TABLE ONLY public.catalogue_version
    ADD CONSTRAINT catalogue_version_pkey PRIMARY KEY (one);

ALTER TABLE ONLY public.code_batches
    ADD CONSTRAINT code_batches_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.group_members
    ADD CONSTRAINT group_members_pkey PRIMARY KEY (group_id, user_id);

ALTER TABLE ONLY public.inbox
    ADD CONSTRAINT inbox_pkey PRIMARY KEY (event_id);

ALTER TABLE ONLY public.insiders
    ADD CONSTRAINT insiders_person_id_promotion_id_code_id_key UNIQUE NULLS NOT DISTINCT (person_id, promotion_id, code_id);

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

ALTER TABLE ONLY public.past_versions
    ADD CONSTRAINT past_versions_pkey PRIMARY KEY (kind, id, version);

ALTER TABLE ONLY public.promo_codes
    ADD CONSTRAINT promo_codes_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.promotion_usage
    ADD CONSTRAINT promotion_usage_pkey PRIMARY KEY (promotion_id, stripe);

ALTER TABLE ONLY public.promotions
    ADD CONSTRAINT promotions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.purchase_event_counts
    ADD CONSTRAINT purchase_event_counts_pkey PRIMARY KEY (user_id);

ALTER TABLE ONLY public.purchase_keys
    ADD CONSTRAINT purchase_keys_pkey PRIMARY KEY (user_id, key);

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

ALTER TABLE ONLY public.refusals
    ADD CONSTRAINT refusals_pkey PRIMARY KEY (id, at);

ALTER TABLE ONLY public.refusals_other
    ADD CONSTRAINT refusals_other_pkey PRIMARY KEY (id, at);

ALTER TABLE ONLY public.schema_functions
    ADD CONSTRAINT schema_functions_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.staff_changes
    ADD CONSTRAINT staff_changes_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.staff_requests
    ADD CONSTRAINT staff_requests_pkey PRIMARY KEY (actor_id, key);

ALTER TABLE ONLY public.subscriptions
    ADD CONSTRAINT subscriptions_pkey PRIMARY KEY (purchase_id);

ALTER TABLE ONLY public.tariffs
    ADD CONSTRAINT tariffs_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.user_groups
    ADD CONSTRAINT user_groups_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.user_groups
    ADD CONSTRAINT user_groups_title_key UNIQUE (title);

ALTER TABLE ONLY public.user_statuses
    ADD CONSTRAINT user_statuses_pkey PRIMARY KEY (user_id, version, at);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);

CREATE INDEX applications_by_campaign ON public.applications USING btree (campaign_id, created_at) WHERE (campaign_id IS NOT NULL);

CREATE INDEX applications_by_promotion ON public.applications USING btree (promotion_id, created_at);

CREATE INDEX applications_by_staff ON public.applications USING btree (created_at, id) WHERE (applied_by IS NOT NULL);

CREATE INDEX applications_by_user ON public.applications USING btree (user_id, created_at);

CREATE INDEX applications_live_by_person ON public.applications USING btree (person_id, promotion_id, created_at) WHERE ((state)::text = ANY (ARRAY['applied'::text, 'paying'::text, 'used'::text]));

CREATE UNIQUE INDEX applications_one_first_purchase ON public.applications USING btree (person_id) WHERE (((state)::text = ANY (ARRAY['applied'::text, 'paying'::text, 'used'::text])) AND first_purchase);

CREATE UNIQUE INDEX applications_one_open_per_tariff ON public.applications USING btree (user_id, tariff_id) WHERE ((state)::text = ANY (ARRAY['applied'::text, 'paying'::text]));

CREATE UNIQUE INDEX applications_one_trial ON public.applications USING btree (person_id) WHERE (((state)::text = ANY (ARRAY['applied'::text, 'paying'::text, 'used'::text])) AND (trial_days IS NOT NULL));

CREATE INDEX applications_released_by_person ON public.applications USING btree (person_id, promotion_id, created_at) WHERE ((state)::text = ANY (ARRAY['cancelled'::text, 'expired'::text]));

CREATE INDEX applications_to_expire ON public.applications USING btree (expires_at) WHERE ((state)::text = 'applied'::text);

CREATE INDEX approvals_by_requester ON public.approvals USING btree (requested_by, requested_at, id);

CREATE INDEX approvals_by_time ON public.approvals USING btree (requested_at, id);

CREATE INDEX approvals_of_purchase ON public.approvals USING btree (purchase_id) WHERE (purchase_id IS NOT NULL);

CREATE INDEX approvals_pending ON public.approvals USING btree (expires_at) WHERE (state = 'pending'::text);

CREATE UNIQUE INDEX approvals_pending_promotion ON public.approvals USING btree (promotion_id) WHERE (state = 'pending'::text);

CREATE UNIQUE INDEX approvals_pending_purchase ON public.approvals USING btree (purchase_id) WHERE (state = 'pending'::text);

CREATE INDEX code_batches_by_promotion ON public.code_batches USING btree (promotion_id);

CREATE INDEX group_members_by_user ON public.group_members USING btree (user_id);

CREATE INDEX ledger_by_purchase ON public.ledger USING btree (purchase_id);

CREATE UNIQUE INDEX ledger_one_payment ON public.ledger USING btree (purchase_id) WHERE (kind = 'payment'::text);

CREATE INDEX outbox_published ON public.outbox USING btree (published_at) WHERE (published_at IS NOT NULL);

CREATE INDEX outbox_unpublished ON public.outbox USING btree (id) WHERE (published_at IS NULL);

CREATE INDEX past_group_members_by_user ON public.past_group_members USING btree (user_id);

CREATE INDEX past_versions_by_text ON public.past_versions USING btree (((snapshot ->> 'code'::text))) WHERE (kind = 'promo_code'::text);

CREATE INDEX promo_codes_by_batch ON public.promo_codes USING btree (batch_id, id) WHERE (batch_id IS NOT NULL);

CREATE INDEX promo_codes_by_promotion ON public.promo_codes USING btree (promotion_id, id);

CREATE UNIQUE INDEX promo_codes_by_text ON public.promo_codes USING btree (code, holds_text);

CREATE INDEX promo_codes_of_no_batch ON public.promo_codes USING btree (id) WHERE (batch_id IS NULL);

CREATE INDEX promo_codes_personal ON public.promo_codes USING btree (user_id, id) WHERE ((user_id IS NOT NULL) AND (state = 'issued'::text));

CREATE INDEX promo_codes_shared ON public.promo_codes USING btree (promotion_id, id) WHERE ((batch_id IS NULL) AND (user_id IS NULL));

CREATE INDEX promotions_by_campaign ON public.promotions USING btree (campaign_id) WHERE (campaign_id IS NOT NULL);

CREATE INDEX purchase_keys_by_purchase ON public.purchase_keys USING btree (purchase_id);

CREATE INDEX purchases_by_application ON public.purchases USING btree (application_id) WHERE (application_id IS NOT NULL);

CREATE INDEX purchases_by_code ON public.purchases USING btree (code_id, created_at, id) WHERE (code_id IS NOT NULL);

CREATE INDEX purchases_by_time ON public.purchases USING btree (created_at, id);

CREATE INDEX purchases_by_user ON public.purchases USING btree (user_id, created_at DESC);

CREATE INDEX purchases_not_sold ON public.purchases USING btree (status, created_at, id) WHERE (status = ANY (ARRAY['failed'::text, 'refunded'::text, 'revoked'::text]));

CREATE UNIQUE INDEX purchases_one_open_per_tariff ON public.purchases USING btree (user_id, tariff_id) WHERE (status = 'pending'::text);

CREATE UNIQUE INDEX purchases_open_by_application ON public.purchases USING btree (application_id) WHERE (status = ANY (ARRAY['pending'::text, 'paid'::text]));

CREATE INDEX purchases_paid_by_user ON public.purchases USING btree (user_id) WHERE (status = 'paid'::text);

CREATE INDEX purchases_to_check ON public.purchases USING btree (check_at) WHERE (check_at IS NOT NULL);

CREATE INDEX refunds_by_time ON public.refunds USING btree (created_at, id);

CREATE INDEX refunds_to_check ON public.refunds USING btree (check_at) WHERE (status = 'pending'::text);

CREATE INDEX refusals_by_promotion ON ONLY public.refusals USING btree (promotion_id, at);

CREATE INDEX refusals_by_user ON ONLY public.refusals USING btree (user_id, at);

CREATE INDEX refusals_other_promotion_id_at_idx ON public.refusals_other USING btree (promotion_id, at);

CREATE INDEX refusals_other_user_id_at_idx ON public.refusals_other USING btree (user_id, at);

CREATE INDEX staff_changes_about_users ON public.staff_changes USING btree (at, id) WHERE (user_id IS NOT NULL);

CREATE INDEX staff_changes_by_action ON public.staff_changes USING btree (action, at, id);

CREATE INDEX staff_changes_by_actor ON public.staff_changes USING btree (actor_id, at, id);

CREATE INDEX staff_changes_by_kind ON public.staff_changes USING btree (resource, at, id);

CREATE INDEX staff_changes_by_resource ON public.staff_changes USING btree (resource_id, resource, at, id);

CREATE INDEX staff_changes_by_time ON public.staff_changes USING btree (at, id);

CREATE INDEX staff_changes_by_user ON public.staff_changes USING btree (user_id, at, id) WHERE (user_id IS NOT NULL);

CREATE INDEX staff_requests_by_time ON public.staff_requests USING btree (at);

CREATE INDEX subscriptions_by_user ON public.subscriptions USING btree (user_id, tariff_id, ends_at DESC);

CREATE INDEX users_by_first_account ON public.users USING btree (first_account_id) WHERE (first_account_id IS NOT NULL);

ALTER INDEX public.refusals_pkey ATTACH PARTITION public.refusals_other_pkey;

ALTER INDEX public.refusals_by_promotion ATTACH PARTITION public.refusals_other_promotion_id_at_idx;

ALTER INDEX public.refusals_by_user ATTACH PARTITION public.refusals_other_user_id_at_idx;

CREATE TRIGGER advance_catalogue AFTER INSERT OR DELETE OR UPDATE ON public.campaigns FOR EACH STATEMENT EXECUTE FUNCTION public.advance_catalogue();

CREATE TRIGGER advance_catalogue AFTER INSERT OR DELETE OR UPDATE ON public.promotions FOR EACH STATEMENT EXECUTE FUNCTION public.advance_catalogue();

CREATE TRIGGER advance_catalogue AFTER INSERT OR DELETE OR UPDATE ON public.tariffs FOR EACH STATEMENT EXECUTE FUNCTION public.advance_catalogue();

CREATE TRIGGER advance_catalogue_for_changed AFTER UPDATE OF promotion_id, user_id, max_uses, ends_at, state, code, typed ON public.promo_codes FOR EACH ROW WHEN (((old.batch_id IS NULL) AND ((old.user_id IS NULL) OR (new.user_id IS NULL)))) EXECUTE FUNCTION public.advance_catalogue();

CREATE TRIGGER advance_catalogue_for_deleted AFTER DELETE ON public.promo_codes FOR EACH ROW WHEN (((old.batch_id IS NULL) AND (old.user_id IS NULL))) EXECUTE FUNCTION public.advance_catalogue();

CREATE TRIGGER advance_catalogue_for_new AFTER INSERT ON public.promo_codes FOR EACH ROW WHEN (((new.batch_id IS NULL) AND (new.user_id IS NULL))) EXECUTE FUNCTION public.advance_catalogue();

CREATE TRIGGER keep_group_member AFTER DELETE ON public.group_members FOR EACH ROW EXECUTE FUNCTION public.keep_group_member();

CREATE TRIGGER keep_past_version BEFORE UPDATE ON public.campaigns FOR EACH ROW EXECUTE FUNCTION public.keep_past_version('campaign');

CREATE TRIGGER keep_past_version BEFORE UPDATE OF promotion_id, user_id, max_uses, ends_at, state, code ON public.promo_codes FOR EACH ROW EXECUTE FUNCTION public.keep_past_version('promo_code');

CREATE TRIGGER keep_past_version BEFORE UPDATE ON public.promotions FOR EACH ROW EXECUTE FUNCTION public.keep_past_version('promotion');

CREATE TRIGGER keep_past_version BEFORE UPDATE ON public.tariffs FOR EACH ROW EXECUTE FUNCTION public.keep_past_version('tariff');

CREATE TRIGGER keep_past_version BEFORE UPDATE ON public.user_groups FOR EACH ROW EXECUTE FUNCTION public.keep_past_version('group');

CREATE TRIGGER keep_user_status AFTER INSERT OR UPDATE ON public.users FOR EACH ROW EXECUTE FUNCTION public.keep_user_status();

CREATE TRIGGER ledger_only_grows BEFORE DELETE OR UPDATE OR TRUNCATE ON public.ledger FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE CONSTRAINT TRIGGER purchases_emit_event AFTER INSERT OR UPDATE OF status ON public.purchases DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((new.status = 'paid'::text)) EXECUTE FUNCTION public.purchases_emit_event();

CREATE CONSTRAINT TRIGGER refunds_emit_event AFTER INSERT OR UPDATE OF status ON public.refunds DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((new.status = 'succeeded'::text)) EXECUTE FUNCTION public.refunds_emit_event();

CREATE TRIGGER share_limits_of_changed AFTER UPDATE OF total_limit, budget_minor ON public.campaigns FOR EACH ROW WHEN (((old.total_limit IS DISTINCT FROM new.total_limit) OR (old.budget_minor IS DISTINCT FROM new.budget_minor))) EXECUTE FUNCTION public.share_limits();

CREATE TRIGGER share_limits_of_changed AFTER UPDATE OF total_limit, budget_minor ON public.promotions FOR EACH ROW WHEN (((old.total_limit IS DISTINCT FROM new.total_limit) OR (old.budget_minor IS DISTINCT FROM new.budget_minor))) EXECUTE FUNCTION public.share_limits();

CREATE TRIGGER share_limits_of_new AFTER INSERT ON public.campaigns FOR EACH ROW WHEN ((num_nonnulls(new.total_limit, new.budget_minor) > 0)) EXECUTE FUNCTION public.share_limits();

CREATE TRIGGER share_limits_of_new AFTER INSERT ON public.promotions FOR EACH ROW WHEN ((num_nonnulls(new.total_limit, new.budget_minor) > 0)) EXECUTE FUNCTION public.share_limits();

ALTER TABLE ONLY public.approvals
    ADD CONSTRAINT approvals_purchase_id_fkey FOREIGN KEY (purchase_id) REFERENCES public.purchases(id);

ALTER TABLE ONLY public.code_batches
    ADD CONSTRAINT code_batches_promotion_id_fkey FOREIGN KEY (promotion_id) REFERENCES public.promotions(id);

ALTER TABLE ONLY public.group_members
    ADD CONSTRAINT group_members_group_id_fkey FOREIGN KEY (group_id) REFERENCES public.user_groups(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.ledger
    ADD CONSTRAINT ledger_purchase_id_fkey FOREIGN KEY (purchase_id) REFERENCES public.purchases(id);

ALTER TABLE ONLY public.promo_codes
    ADD CONSTRAINT promo_codes_batch_id_fkey FOREIGN KEY (batch_id) REFERENCES public.code_batches(id);

ALTER TABLE ONLY public.promo_codes
    ADD CONSTRAINT promo_codes_promotion_id_fkey FOREIGN KEY (promotion_id) REFERENCES public.promotions(id);

ALTER TABLE ONLY public.promotions
    ADD CONSTRAINT promotions_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES public.campaigns(id);

ALTER TABLE ONLY public.purchase_keys
    ADD CONSTRAINT purchase_keys_purchase_id_fkey FOREIGN KEY (purchase_id) REFERENCES public.purchases(id);

ALTER TABLE ONLY public.purchases
    ADD CONSTRAINT purchases_application_id_fkey FOREIGN KEY (application_id) REFERENCES public.applications(id);

ALTER TABLE ONLY public.refunds
    ADD CONSTRAINT refunds_purchase_id_fkey FOREIGN KEY (purchase_id) REFERENCES public.purchases(id);

ALTER TABLE ONLY public.subscriptions
    ADD CONSTRAINT subscriptions_purchase_id_fkey FOREIGN KEY (purchase_id) REFERENCES public.purchases(id);
