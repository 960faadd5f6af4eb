-- Cancels a user's application of a promo code, which is given by its ID or by the texts that it may have: the latest,
-- if there are several. The outcome: 'cancelled', also by an earlier call, with the application's ID; 'paying' or
-- 'used' when that is the state of the latest; 'not_applied' when the user has none.
CREATE OR REPLACE FUNCTION cancel_application(
    p_user_id uuid, p_code_id bigint, p_codes text[], p_now timestamptz,
    OUT outcome text, OUT application_id uuid
) LANGUAGE plpgsql AS $$
DECLARE
    v_code_ids bigint[];
    v_held_id uuid;
    v_latest_id uuid;
    v_state text;
    v_reason text;
BEGIN
    outcome := 'not_applied';
    v_code_ids := ARRAY(SELECT c.id FROM promo_codes c WHERE c.id = p_code_id OR c.code = ANY (p_codes));
    IF v_code_ids = '{}' THEN
        RETURN;
    END IF;
    SELECT a.id INTO v_held_id FROM applications a
    WHERE a.user_id = p_user_id AND a.state IN ('applied', 'paying') AND a.code_id = ANY (v_code_ids)
        AND a.state = 'applied' AND a.expires_at > p_now
    ORDER BY a.created_at DESC LIMIT 1;
    SELECT r INTO application_id
    FROM release_uses(
        p_application_ids => ARRAY[v_held_id], p_from => 'applied', p_to => 'cancelled', p_cancel_reason => 'user',
        p_now => p_now
    ) AS r;
    IF application_id IS NOT NULL THEN
        outcome := 'cancelled';
        RETURN;
    END IF;
    SELECT a.id, a.state::text, a.cancel_reason::text INTO v_latest_id, v_state, v_reason FROM applications a
    WHERE a.user_id = p_user_id AND a.code_id = ANY (v_code_ids)
    ORDER BY a.created_at DESC LIMIT 1;
    IF v_state IN ('paying', 'used') THEN
        outcome := v_state;
    ELSIF v_state = 'cancelled' AND v_reason = 'user' THEN
        outcome := 'cancelled';
        application_id := v_latest_id;
    END IF;
END $$;
