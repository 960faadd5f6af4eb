-- Deletes the promotion of a code, with the code, if it is a draft that was never anything else, of one code. Decisions
-- about it stay explained: the last version of each is kept. The outcome: 'deleted', 'no_code', 'not_draft'.
CREATE OR REPLACE FUNCTION delete_promotion(p_code_id bigint, p_actor_id uuid, p_now timestamptz) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v_code promo_codes;
    v_promotion promotions;
BEGIN
    SELECT c.* INTO v_code FROM promo_codes c WHERE c.id = p_code_id FOR UPDATE;
    IF NOT FOUND THEN
        RETURN 'no_code';
    END IF;
    SELECT p.* INTO v_promotion FROM promotions p WHERE p.id = v_code.promotion_id FOR UPDATE;
    IF NOT is_untouched_draft(p_promotion => v_promotion)
        OR EXISTS (SELECT FROM promo_codes c WHERE c.promotion_id = v_promotion.id AND c.id <> p_code_id) THEN
        RETURN 'not_draft';
    END IF;
    INSERT INTO past_versions (kind, id, version, until, snapshot)
    VALUES
        ('promo_code', v_code.id, v_code.version, clock_timestamp(), to_jsonb(v_code)),
        ('promotion', v_promotion.id, v_promotion.version, clock_timestamp(), to_jsonb(v_promotion));
    DELETE FROM promo_codes c WHERE c.id = p_code_id;
    DELETE FROM promotion_usage s WHERE s.promotion_id = v_promotion.id;
    DELETE FROM promotions p WHERE p.id = v_promotion.id;
    INSERT INTO staff_changes (at, actor_id, resource, resource_id, action, details)
    VALUES
        (p_now, p_actor_id, 'promotion', v_promotion.id::text, 'delete', jsonb_build_object('version', v_promotion.version)),
        (p_now, p_actor_id, 'promo_code', v_code.id::text, 'delete', jsonb_build_object('version', v_code.version));
    RETURN 'deleted';
END $$;
