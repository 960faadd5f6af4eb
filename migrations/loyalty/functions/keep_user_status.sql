-- Records each status that a user has had, the current one included.
CREATE OR REPLACE FUNCTION keep_user_status() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO user_statuses (user_id, version, at, status) VALUES (NEW.id, NEW.version, NEW.updated_at, NEW.status)
    ON CONFLICT (user_id, version, at) DO UPDATE SET status = excluded.status;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER keep_user_status AFTER INSERT OR UPDATE ON users
    FOR EACH ROW EXECUTE FUNCTION keep_user_status();
