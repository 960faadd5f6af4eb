-- Inserts a code of a promotion, and returns its ID. Its text must be free.
CREATE OR REPLACE FUNCTION insert_code(p_promotion_id bigint, p_code promo_codes, p_staff staff_request) RETURNS bigint
LANGUAGE plpgsql AS $$
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
