-- Applies an event about a user's status, once. The outcome: 'applied'; 'stale' when a newer status is known already;
-- 'duplicate' when the event was handled before.
CREATE OR REPLACE FUNCTION apply_user_status(
    p_event_id uuid, p_user_id uuid, p_status text, p_version bigint, p_first_account_id uuid, p_now timestamptz
) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO inbox (event_id, received_at) VALUES (p_event_id, p_now) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN 'duplicate';
    END IF;
    PERFORM apply_statuses(
        p_user_ids => ARRAY[p_user_id], p_statuses => ARRAY[p_status], p_versions => ARRAY[p_version],
        p_first_account_ids => ARRAY[p_first_account_id], p_repair => false, p_now => p_now
    );
    IF FOUND THEN
        RETURN 'applied';
    END IF;
    RETURN 'stale';
END $$;
