-- Lets an application hold its use until `p_until`, on behalf of a member of staff, unless it holds it longer already. The
-- row is locked before it is looked at, so either the application is extended, or it expired or its purchase began
-- before. The outcome: 'extended', and when it expires now; otherwise nothing has changed, and it is why: 'no_application',
-- 'expired', 'paying', 'used', 'ended' when it was cancelled.
CREATE OR REPLACE FUNCTION extend_application(
    p_application_id uuid, p_actor_id uuid, p_until timestamptz, p_reason text, p_now timestamptz
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    a applications;
BEGIN
    SELECT o.* INTO a FROM applications o WHERE o.id = p_application_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN 'no_application';
    ELSIF a.state = 'cancelled' THEN
        RETURN 'ended';
    ELSIF a.state <> 'applied' THEN
        RETURN a.state::text;
    ELSIF a.expires_at <= p_now THEN
        RETURN 'expired';
    ELSIF a.expires_at < p_until THEN
        UPDATE applications o SET expires_at = p_until WHERE o.id = a.id;
        PERFORM log_application_change(
            p_application_id => a.id, p_user_id => a.user_id, p_action => 'extend', p_actor_id => p_actor_id,
            p_reason => p_reason, p_now => p_now,
            p_details => jsonb_build_object('before', a.expires_at, 'after', p_until)
        );
    END IF;
    RETURN 'extended';
END $$;
