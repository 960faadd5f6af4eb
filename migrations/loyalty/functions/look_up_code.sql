-- Records that a member of staff looks a promo code up, and why. The outcome: 'looked_up', also by an earlier call with the
-- same key; or 'no_code', 'key_reused'.
CREATE OR REPLACE FUNCTION look_up_code(p_code_id bigint, p_staff staff_request, p_reason text) RETURNS text
LANGUAGE plpgsql AS $$
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
