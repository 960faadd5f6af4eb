-- Deletes a code of a draft that was never anything else, if it has the version `p_version`; NULL stands for any. The
-- outcome: 'deleted', also by an earlier call with the same key; or 'no_code', 'changed' (`version` is the current one),
-- 'not_draft', 'key_reused'.
CREATE OR REPLACE FUNCTION delete_code(
    p_code_id bigint, p_version integer, p_staff staff_request,
    OUT outcome text, OUT version integer
) LANGUAGE plpgsql AS $$
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
