-- Creates an active account and its event. False when another account has the address.
--
-- `p_email_hmac` is the keyed hash of the mailbox. A deleted account with the same mailbox has left it in a tombstone,
-- which leads to the first account of the same person.
CREATE OR REPLACE FUNCTION register_user(
    p_user_id uuid,
    p_email text,
    p_email_key text,
    p_name text,
    p_password_hash text,
    p_email_hmac bytea,
    p_event_id uuid,
    p_now timestamptz
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    v_first_account_id uuid;
BEGIN
    INSERT INTO users (id, email, email_key, name, password_hash, created_at, updated_at)
    VALUES (p_user_id, p_email, p_email_key, p_name, p_password_hash, p_now, p_now)
    ON CONFLICT ON CONSTRAINT users_email_key_key DO NOTHING;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    -- A separate statement: the one above may have waited for the deletion of the earlier account, and what that left
    -- is visible only from here on.
    SELECT coalesce(u.first_account_id, u.id) INTO v_first_account_id
    FROM tombstones t JOIN users u ON u.id = t.user_id
    WHERE t.email_hmac = p_email_hmac
    ORDER BY t.deleted_at, u.id
    LIMIT 1;
    IF FOUND THEN
        UPDATE users SET first_account_id = v_first_account_id WHERE id = p_user_id;
    END IF;
    INSERT INTO outbox (event_id, user_id, status, version, occurred_at)
    VALUES (p_event_id, p_user_id, 'active', 1, p_now);
    RETURN true;
END $$;
