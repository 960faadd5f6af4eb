-- Cancels an application that holds a use, on behalf of a member of staff: the use is released, and the audit log says who
-- did it. The outcome: 'cancelled', also by an earlier call; otherwise nothing has changed, and it is why: 'no_application',
-- 'expired', 'paying', 'used', 'ended' when it was cancelled for another reason, 'own_account',
-- 'key_reused'.
CREATE OR REPLACE FUNCTION cancel_for_user(p_application_id uuid, p_staff staff_request, p_reason text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v_request text;
    a applications;
BEGIN
    SELECT f.outcome INTO v_request FROM find_staff_request(p_staff) AS f;
    IF v_request <> 'new' THEN
        RETURN CASE v_request WHEN 'repeated' THEN 'cancelled' ELSE v_request END;
    END IF;
    SELECT o.* INTO a FROM applications o WHERE o.id = p_application_id;
    IF NOT FOUND THEN
        RETURN 'no_application';
    ELSIF is_own_account(p_staff => p_staff, p_user_id => a.user_id) THEN
        RETURN 'own_account';
    END IF;
    IF a.state = 'applied' AND a.expires_at > p_staff.at THEN
        PERFORM release_uses(
            p_application_ids => ARRAY[a.id], p_from => 'applied', p_to => 'cancelled', p_cancel_reason => 'admin',
            p_now => p_staff.at
        );
        IF FOUND THEN
            PERFORM record_staff_change(
                p_staff => p_staff, p_resource => 'application', p_resource_id => a.id::text, p_action => 'cancel',
                p_details => '{}', p_user_id => a.user_id, p_reason => p_reason
            );
            RETURN 'cancelled';
        END IF;
        -- Another request was faster.
        SELECT o.* INTO a FROM applications o WHERE o.id = p_application_id;
    END IF;
    IF a.state = 'cancelled' AND a.cancel_reason = 'admin' THEN
        PERFORM keep_staff_request(p_staff => p_staff, p_resource_id => a.id::text);
        RETURN 'cancelled';
    END IF;
    RETURN CASE
        WHEN a.state = 'applied' THEN 'expired'
        WHEN a.state <> 'cancelled' THEN a.state::text
        ELSE 'ended'
    END;
END $$;
