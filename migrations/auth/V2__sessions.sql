-- Sessions.

CREATE TABLE sessions (
    id           uuid PRIMARY KEY,
    user_id      uuid        NOT NULL REFERENCES users (id),
    generation   integer     NOT NULL DEFAULT 0 CHECK (generation >= 0),
    refresh_hash bytea       NOT NULL,
    created_at   timestamptz NOT NULL,
    rotated_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    revoked_at   timestamptz,
    -- A date, not a time: most renewals then leave the column, and with it the index, unchanged.
    over_on      date        NOT NULL
        GENERATED ALWAYS AS ((least(revoked_at, expires_at) AT TIME ZONE 'UTC')::date) STORED
);
CREATE INDEX sessions_live_by_user ON sessions (user_id) WHERE revoked_at IS NULL;
CREATE INDEX sessions_by_end ON sessions (over_on);
COMMENT ON TABLE sessions IS 'A row is a session, from the login to its end, however often its tokens are renewed.';
COMMENT ON COLUMN sessions.generation IS 'How many times the refresh token was rotated.';
COMMENT ON COLUMN sessions.refresh_hash IS 'SHA-256 of the current refresh token.';
COMMENT ON COLUMN sessions.rotated_at IS 'When the current refresh token was issued.';
COMMENT ON COLUMN sessions.expires_at IS 'When the current refresh token expires.';
COMMENT ON COLUMN sessions.revoked_at IS 'When the session was ended, if that was before it expired.';
COMMENT ON COLUMN sessions.over_on IS
    'The day (UTC) on which the session was over, or will be if it is not renewed. Old sessions are found by it: '
    'docs/data-retention.md.';
