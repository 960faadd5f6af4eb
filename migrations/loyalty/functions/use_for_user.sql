-- Makes the purchase for which a user's application leaves nothing to pay, on behalf of a member of staff, and records it
-- in the audit log. The outcome: 'used'; 'repeated', with the application of an earlier call with the same key;
-- 'key_reused'; 'own_account'; 'changed' when there is something to pay, or open_purchase refuses: look again.
CREATE OR REPLACE FUNCTION use_for_user(
    p_application_id uuid, p_purchase_id uuid, p_staff staff_request, p_reason text, p_time_zone text, p_now timestamptz,
    OUT outcome text, OUT application_id uuid
) LANGUAGE plpgsql AS $$
DECLARE
    v_opened text;
    v_user_id uuid;
BEGIN
    SELECT f.outcome, f.resource_id::uuid INTO outcome, application_id FROM find_staff_request(p_staff) AS f;
    IF outcome <> 'new' THEN
        RETURN;
    END IF;
    outcome := 'changed';
    SELECT a.user_id INTO v_user_id FROM applications a WHERE a.id = p_application_id AND a.total_minor = 0;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF is_own_account(p_staff => p_staff, p_user_id => v_user_id) THEN
        outcome := 'own_account';
        RETURN;
    END IF;
    SELECT o.outcome INTO v_opened
    FROM open_purchase(
        p_application_id => p_application_id, p_purchase_id => p_purchase_id, p_idempotency_key => NULL,
        p_time_zone => p_time_zone, p_now => p_now, p_check_at => NULL
    ) AS o;
    IF v_opened = 'opened' THEN
        PERFORM record_staff_change(
            p_staff => p_staff, p_resource => 'application', p_resource_id => p_application_id::text,
            p_action => 'use', p_details => jsonb_build_object('purchase_id', p_purchase_id), p_user_id => v_user_id,
            p_reason => p_reason
        );
        outcome := 'used';
        application_id := p_application_id;
    END IF;
END $$;
