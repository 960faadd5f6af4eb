-- Records a change that staff made in the audit log, and its Idempotency-Key, if it has one. If one request changes several
-- things, the first that is recorded is the one that its repetition gets. Who changes a promotion or a code, or looks one
-- up, can't use it from then on.
CREATE OR REPLACE FUNCTION record_staff_change(
    p_staff staff_request, p_resource text, p_resource_id text, p_action text, p_details jsonb,
    p_user_id uuid DEFAULT NULL, p_reason text DEFAULT NULL
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO staff_changes (at, actor_id, resource, resource_id, action, details, user_id, reason)
    VALUES (p_staff.at, p_staff.actor_id, p_resource, p_resource_id, p_action, p_details, p_user_id, p_reason);
    PERFORM keep_staff_request(p_staff => p_staff, p_resource_id => p_resource_id);
    IF p_resource = 'promotion' THEN
        PERFORM keep_insider(
            p_actor_id => p_staff.actor_id, p_at => p_staff.at, p_promotion_id => p_resource_id::bigint,
            p_code_ids => NULL
        );
    ELSIF p_resource = 'promo_code' THEN
        PERFORM keep_insider(
            p_actor_id => p_staff.actor_id, p_at => p_staff.at, p_promotion_id => NULL,
            p_code_ids => ARRAY[p_resource_id::bigint]
        );
    END IF;
END $$;
