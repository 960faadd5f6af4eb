-- Replaces a code by `p_code`, a row as JSON, if it has the version `p_version`; NULL stands for any. The outcome:
-- 'replaced', also by an earlier call with the same key, and if nothing differs; or, with nothing changed, 'no_code',
-- 'changed' (by another request: `version` is the current one), 'archived', 'approval_pending' (a change of the promotion waits
-- for `approval_id`; codes can be disabled all the same), 'code_fixed' (the text can change only in a draft
-- that was never anything else; other spellings of it always), 'uses_fixed' (uses of its own are counted from the beginning or
-- never), 'unknown_user', 'taken', 'key_reused'. Locks the promotion, then the code, as all functions of staff do.
CREATE OR REPLACE FUNCTION replace_code(
    p_code_id bigint, p_version integer, p_code jsonb, p_staff staff_request,
    OUT outcome text, OUT version integer, OUT approval_id uuid
) LANGUAGE plpgsql AS $$
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
