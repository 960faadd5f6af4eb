-- Writes to the audit log what a member of staff did to an application, and why.
CREATE OR REPLACE FUNCTION log_application_change(
    p_application_id uuid, p_user_id uuid, p_action text, p_actor_id uuid, p_reason text, p_details jsonb,
    p_now timestamptz
) RETURNS void LANGUAGE sql AS $$
    INSERT INTO staff_changes (at, actor_id, resource, resource_id, action, user_id, reason, details)
    VALUES (p_now, p_actor_id, 'application', p_application_id::text, p_action, p_user_id, p_reason, p_details)
$$;
