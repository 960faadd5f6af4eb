-- Lets an application hold its use until `p_until`, on behalf of a member of staff, unless it holds it longer already. The
-- row is locked before it is looked at, so either the application is extended, or it expired or its purchase began
-- before. The outcome: 'extended', also by an earlier call; otherwise nothing has changed, and it is why: 'no_application',
-- 'expired', 'paying', 'used', 'ended' when it was cancelled, 'own_account', 'key_reused'.
CREATE OR REPLACE FUNCTION extend_application(
    p_application_id uuid, p_until timestamptz, p_staff staff_request, p_reason text
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_request text;
    a applications;
BEGIN
    SELECT f.outcome INTO v_request FROM find_staff_request(p_staff) AS f;
    IF v_request <> 'new' THEN
        RETURN CASE v_request WHEN 'repeated' THEN 'extended' ELSE v_request END;
    END IF;
    SELECT o.* INTO a FROM applications o WHERE o.id = p_application_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN 'no_application';
    ELSIF is_own_account(p_staff => p_staff, p_user_id => a.user_id) THEN
        RETURN 'own_account';
    ELSIF a.state = 'cancelled' THEN
        RETURN 'ended';
    ELSIF a.state <> 'applied' THEN
        RETURN a.state::text;
    ELSIF a.expires_at <= p_staff.at THEN
        RETURN 'expired';
    ELSIF a.expires_at < p_until THEN
        UPDATE applications o SET expires_at = p_until WHERE o.id = a.id;
        PERFORM record_staff_change(
            p_staff => p_staff, p_resource => 'application', p_resource_id => a.id::text, p_action => 'extend',
            p_details => jsonb_build_object('before', a.expires_at, 'after', p_until), p_user_id => a.user_id,
            p_reason => p_reason
        );
    ELSE
        PERFORM keep_staff_request(p_staff => p_staff, p_resource_id => a.id::text);
    END IF;
    RETURN 'extended';
END $$;
