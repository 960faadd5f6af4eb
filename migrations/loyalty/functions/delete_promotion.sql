-- Deletes a promotion with its codes, if it is a draft that was never anything else and has the version `p_version`; NULL
-- stands for any. Decisions about it stay explained: the last version of each is kept. The outcome: 'deleted', also by an
-- earlier call with the same key; or 'no_promotion', 'changed' (`version` is the current one), 'not_draft', 'key_reused'.
CREATE OR REPLACE FUNCTION delete_promotion(
    p_promotion_id bigint, p_version integer, p_staff staff_request,
    OUT outcome text, OUT version integer
) LANGUAGE plpgsql AS $$
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
