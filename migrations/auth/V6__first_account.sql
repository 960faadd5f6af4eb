-- A person who deletes their account and registers again is recognised by the tombstone, so that the loyalty side can
-- give one trial only. See docs/adr/0014-one-trial-a-person.md.

-- The first account of the same e-mail address, when that was deleted before this one was made.
ALTER TABLE users ADD COLUMN first_account_id uuid REFERENCES users (id);

-- Makes an active account and its event. False when another account has the address.
CREATE FUNCTION register_user(
    user_id uuid, email text, email_key text, name text, password_hash text, at timestamptz, event_id uuid,
    email_hmac bytea
) RETURNS boolean LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
    first_id uuid;
BEGIN
    INSERT INTO users (id, email, email_key, name, password_hash, created_at, updated_at)
    VALUES (user_id, email, email_key, name, password_hash, at, at)
    ON CONFLICT ON CONSTRAINT users_email_key_key DO NOTHING;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    -- After the statement above, not in it: that may have waited for the account before to be deleted, and what the
    -- deletion left is seen from here on.
    SELECT coalesce(u.first_account_id, u.id) INTO first_id
    FROM tombstones t JOIN users u ON u.id = t.user_id
    WHERE t.email_hmac = register_user.email_hmac ORDER BY t.deleted_at, u.id LIMIT 1;
    IF FOUND THEN
        UPDATE users SET first_account_id = first_id WHERE id = user_id;
    END IF;
    INSERT INTO outbox (event_id, user_id, status, version, occurred_at) VALUES (event_id, user_id, 'active', 1, at);
    RETURN true;
END $$;
