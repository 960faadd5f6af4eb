-- Cancels an application that holds a use, on behalf of a member of staff: the use is released, and the audit log says who
-- did it. The outcome: 'cancelled', also by an earlier call; otherwise nothing has changed, and it is why: 'no_application',
-- 'expired', 'paying', 'used', or 'ended' when it was cancelled for another reason.
CREATE OR REPLACE FUNCTION cancel_for_user(
    p_application_id uuid, p_actor_id uuid, p_reason text, p_now timestamptz
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    a applications;
BEGIN
    SELECT o.* INTO a FROM applications o WHERE o.id = p_application_id;
    IF NOT FOUND THEN
        RETURN 'no_application';
    END IF;
    IF a.state = 'applied' AND a.expires_at > p_now THEN
        PERFORM release_uses(
            p_application_ids => ARRAY[a.id], p_from => 'applied', p_to => 'cancelled', p_cancel_reason => 'admin',
            p_now => p_now
        );
        IF FOUND THEN
            PERFORM log_application_change(
                p_application_id => a.id, p_user_id => a.user_id, p_action => 'cancel', p_actor_id => p_actor_id,
                p_reason => p_reason, p_details => '{}', p_now => p_now
            );
            RETURN 'cancelled';
        END IF;
        -- Another request was faster.
        SELECT o.* INTO a FROM applications o WHERE o.id = p_application_id;
    END IF;
    RETURN CASE
        WHEN a.state = 'applied' THEN 'expired'
        WHEN a.state <> 'cancelled' THEN a.state::text
        WHEN a.cancel_reason = 'admin' THEN 'cancelled'
        ELSE 'ended'
    END;
END $$;
