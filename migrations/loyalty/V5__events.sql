-- Events from the auth side, and events for other systems: docs/purchase-events.md. No personal data.

CREATE TABLE inbox (
    event_id    uuid PRIMARY KEY,
    received_at timestamptz NOT NULL
);
COMMENT ON TABLE inbox IS 'A row is an event about a user that has been handled, so that a duplicate changes nothing.';

CREATE TABLE outbox (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id       uuid        NOT NULL UNIQUE,
    user_id        uuid        NOT NULL,
    sequence       bigint      NOT NULL,
    purchase_id    uuid        NOT NULL,
    tariff_id      bigint      NOT NULL,
    code_id        bigint,
    price_minor    bigint      NOT NULL,
    total_minor    bigint      NOT NULL,
    currency       text        NOT NULL,
    starts_at      timestamptz NOT NULL,
    ends_at        timestamptz NOT NULL,
    paid_until     timestamptz NOT NULL,
    refund_minor   bigint,
    refunded_minor bigint,
    revoked        boolean     NOT NULL,
    occurred_at    timestamptz NOT NULL,
    published_at   timestamptz,
    claimed_until  timestamptz,
    UNIQUE (user_id, sequence),
    CONSTRAINT outbox_refund CHECK ((refund_minor IS NULL) = (refunded_minor IS NULL))
);
COMMENT ON TABLE outbox IS 'A row is an event about a purchase. Events are published in order per user.';
COMMENT ON COLUMN outbox.event_id IS 'The ID of the purchase that was paid, of the refund, or of the revocation: none occurs twice.';
COMMENT ON COLUMN outbox.paid_until IS 'The end of the last of the user''s subscriptions to this tariff.';
COMMENT ON COLUMN outbox.refund_minor IS 'The amount of this refund; refunded_minor is the total refunded.';
COMMENT ON COLUMN outbox.claimed_until IS 'Until when only the relay that claimed the event publishes it.';
CREATE INDEX outbox_unpublished ON outbox (id) WHERE published_at IS NULL;
CREATE INDEX outbox_published ON outbox (published_at) WHERE published_at IS NOT NULL;

CREATE TABLE purchase_event_counts (
    user_id uuid PRIMARY KEY,
    last    bigint NOT NULL CHECK (last > 0)
);
COMMENT ON TABLE purchase_event_counts IS
    'A row is the sequence number of a user''s last event, which outlives the event: every paid purchase, each '
    'refund and each revocation has one.';
