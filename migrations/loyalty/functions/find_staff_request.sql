-- Whether a member of staff has sent a request before. The outcome: 'new'; 'repeated', with the ID of what it changed, and
-- its answer where that was kept; or 'key_reused', if the key came with another request. A repetition that comes while the first is running waits for it.
CREATE OR REPLACE FUNCTION find_staff_request(
    p_staff staff_request, OUT outcome text, OUT resource_id text, OUT answer jsonb
) LANGUAGE plpgsql AS $$
DECLARE
    v_earlier staff_requests;
BEGIN
    outcome := 'new';
    IF p_staff.key IS NULL THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended(p_staff.actor_id || encode(p_staff.key, 'hex'), 0));
    SELECT r.* INTO v_earlier FROM staff_requests r WHERE r.actor_id = p_staff.actor_id AND r.key = p_staff.key;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF v_earlier.fingerprint = p_staff.fingerprint THEN
        outcome := 'repeated';
        resource_id := v_earlier.resource_id;
        answer := v_earlier.answer;
    ELSE
        -- Without the ID: that of another kind of thing may be no number.
        outcome := 'key_reused';
    END IF;
END $$;
