-- Cancels a user's application of a promotion and makes another one, for another tariff: the use changes hands within
-- one transaction, so that nobody else can take it meanwhile. Arguments and result are those of reserve_use; `p_from_id`
-- is the application that is cancelled. `expires_at` is NULL when it is not open any more. Raises LS001, with nothing
-- changed, when reserve_use would refuse: load the facts and decide again.
CREATE OR REPLACE FUNCTION move_application(
    p_from_id uuid,
    p_application_id uuid, p_user_id uuid, p_code_id bigint, p_tariff_id bigint, p_versions integer[],
    p_now timestamptz, p_total_minor bigint, p_uses_since timestamptz, p_rule_set smallint, p_observed jsonb,
    p_max_unused integer,
    OUT expires_at timestamptz,
    OUT taken bigint, OUT spent_minor bigint, OUT campaign_taken bigint, OUT campaign_spent_minor bigint
) LANGUAGE plpgsql
SET enable_seqscan = off SET jit = off AS $$
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
