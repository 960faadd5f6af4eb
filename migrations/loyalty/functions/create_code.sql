-- Adds a code, a row as JSON, to a promotion. The outcome: 'created', also by an earlier call with the same key; or
-- 'no_promotion', 'archived', 'approval_pending' (a change of the promotion waits for `approval_id`), 'unknown_user', 'taken',
-- 'key_reused'. The lock on the promotion makes a change of it wait.
CREATE OR REPLACE FUNCTION create_code(
    p_promotion_id bigint, p_code jsonb, p_staff staff_request, OUT outcome text, OUT code_id bigint, OUT approval_id uuid
) LANGUAGE plpgsql AS $$
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
