-- Reserves a use of a promo code for a user on behalf of a member of staff, and records it in the audit log. The arguments
-- and results that both have are those of reserve_use. With `p_purchase_id`, the purchase is made in the same
-- transaction; the total must be zero. The outcome: 'applied'; 'repeated', with the application that an earlier call with
-- the same key made; 'key_reused'; 'own_account'; or 'changed' when reserve_use refuses: load the facts and decide again. Raises LS001,
-- with nothing changed, when reserve_use does, or when the purchase can't be made; that means the same.
CREATE OR REPLACE FUNCTION apply_for_user(
    p_application_id uuid, p_user_id uuid, p_code_id bigint, p_tariff_id bigint, p_versions integer[],
    p_now timestamptz, p_total_minor bigint, p_uses_since timestamptz, p_rule_set smallint, p_observed jsonb,
    p_max_unused integer,
    p_staff staff_request, p_reason text, p_waived text[], p_hold_minutes integer, p_purchase_id uuid, p_time_zone text,
    OUT outcome text, OUT application_id uuid,
    OUT taken bigint, OUT spent_minor bigint, OUT campaign_taken bigint, OUT campaign_spent_minor bigint
) LANGUAGE plpgsql
SET enable_seqscan = off SET jit = off AS $$
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
