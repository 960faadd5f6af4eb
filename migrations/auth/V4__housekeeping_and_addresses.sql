-- What has to be found to be removed in time: docs/data-retention.md.

-- The day in UTC on which a session was over, or will be if it is not renewed. A day and not the time: a renewal then
-- mostly leaves the column as it is, and with it the index. Rewrites the table, some seconds for a million sessions.
ALTER TABLE sessions ADD COLUMN over_on date NOT NULL
    GENERATED ALWAYS AS ((least(revoked_at, expires_at) AT TIME ZONE 'UTC')::date) STORED;
CREATE INDEX sessions_by_end ON sessions (over_on);

CREATE INDEX outbox_published ON outbox (published_at) WHERE published_at IS NOT NULL;
CREATE INDEX staff_actions_by_time ON staff_actions (occurred_at);

-- An address is the same one whether its accents are written composed or not. The keys of all others, ASCII among them,
-- are as they were. Of accounts that prove to have one address, the one with the key as it should be, or else the oldest,
-- keeps it; no sign-in finds the others any more, since nobody can say whose they are.
UPDATE users SET email_key = normalize(email_key, NFC) || CASE rank WHEN 1 THEN '' ELSE ' ' || id END
FROM (
    SELECT id AS ranked_id, row_number() OVER (
        PARTITION BY normalize(email_key, NFC) ORDER BY email_key IS NFC NORMALIZED DESC, created_at, id) AS rank
    FROM users WHERE email_key IS NOT NULL
) AS ranked
WHERE id = ranked_id AND email_key IS NOT NFC NORMALIZED;
