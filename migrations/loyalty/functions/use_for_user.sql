-- Makes the purchase for which a user's application leaves nothing to pay, on behalf of a member of staff, and writes it
-- to the audit log. The outcome is that of open_purchase; 'changed' also when there is something to pay.
CREATE OR REPLACE FUNCTION use_for_user(
    p_application_id uuid, p_purchase_id uuid, p_actor_id uuid, p_reason text, p_time_zone text, p_now timestamptz
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_outcome text;
    v_user_id uuid;
BEGIN
    PERFORM FROM applications a WHERE a.id = p_application_id AND a.total_minor = 0;
    IF NOT FOUND THEN
        RETURN 'changed';
    END IF;
    SELECT o.outcome, o.user_id INTO v_outcome, v_user_id
    FROM open_purchase(
        p_application_id => p_application_id, p_purchase_id => p_purchase_id, p_idempotency_key => NULL,
        p_time_zone => p_time_zone, p_now => p_now, p_check_at => NULL
    ) AS o;
    IF v_outcome = 'opened' THEN
        PERFORM log_application_change(
            p_application_id => p_application_id, p_user_id => v_user_id, p_action => 'use', p_actor_id => p_actor_id,
            p_reason => p_reason, p_now => p_now, p_details => jsonb_build_object('purchase_id', p_purchase_id)
        );
    END IF;
    RETURN v_outcome;
END $$;
