-- What has to be found to be removed in time: docs/data-retention.md.

-- The day in UTC on which a session was over, or will be if it is not renewed. A day and not the time: a renewal then
-- mostly leaves the column as it is, and with it the index. Rewrites the table, some seconds for a million sessions.
ALTER TABLE sessions ADD COLUMN over_on date NOT NULL
    GENERATED ALWAYS AS ((least(revoked_at, expires_at) AT TIME ZONE 'UTC')::date) STORED;
CREATE INDEX sessions_by_end ON sessions (over_on);

CREATE INDEX outbox_published ON outbox (published_at) WHERE published_at IS NOT NULL;
CREATE INDEX staff_actions_by_time ON staff_actions (occurred_at);
