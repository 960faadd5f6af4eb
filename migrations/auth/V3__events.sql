-- Events for the loyalty side.

CREATE TABLE outbox (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id      uuid        NOT NULL UNIQUE,
    user_id       uuid        NOT NULL,
    status        text        NOT NULL CHECK (status IN ('active', 'blocked', 'deleted')),
    version       bigint      NOT NULL,
    occurred_at   timestamptz NOT NULL,
    claimed_until timestamptz,
    published_at  timestamptz,
    UNIQUE (user_id, version)
);
CREATE INDEX outbox_unpublished ON outbox (id) WHERE published_at IS NULL;
CREATE INDEX outbox_published ON outbox (published_at) WHERE published_at IS NOT NULL;
COMMENT ON TABLE outbox IS
    'A row is a change of a user''s status to be published to the loyalty side, written in the transaction of the '
    'change. It contains no personal data.';
COMMENT ON COLUMN outbox.version IS 'users.version after the change.';
COMMENT ON COLUMN outbox.claimed_until IS
    'Until when the event is reserved for the relay that publishes it. The relay holds no lock meanwhile.';
COMMENT ON COLUMN outbox.published_at IS 'When the broker had confirmed the event.';
