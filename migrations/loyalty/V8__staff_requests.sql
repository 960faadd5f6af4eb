-- What staff change: for whom, why, and under which Idempotency-Key.

-- The IDs of applications and purchases are UUIDs. The table is small, and nothing reads it while this runs.
-- squawk-ignore changing-column-type
ALTER TABLE staff_changes ALTER COLUMN resource_id TYPE text;
ALTER TABLE staff_changes ADD COLUMN user_id uuid;
ALTER TABLE staff_changes ADD COLUMN reason text;
COMMENT ON COLUMN staff_changes.user_id IS 'The user who is concerned; NULL for a change of what is offered.';
COMMENT ON COLUMN staff_changes.reason IS 'Why, in the words of the member of staff.';
ALTER TABLE staff_changes DROP CONSTRAINT staff_changes_resource_check;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE staff_changes ADD CONSTRAINT staff_changes_resource CHECK (resource IN ('tariff', 'campaign', 'promotion',
    'promo_code', 'group', 'user', 'application', 'purchase', 'refund', 'subscription', 'approval'));
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX staff_changes_by_user ON staff_changes (user_id, id) WHERE user_id IS NOT NULL;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX staff_changes_by_actor ON staff_changes (actor_id, id);

CREATE TYPE staff_request AS (actor_id uuid, at timestamptz, key bytea, fingerprint bytea);
COMMENT ON TYPE staff_request IS
    'Who of the staff changes something, and when; the SHA-256 of the Idempotency-Key and of the request, or NULL.';

CREATE TABLE staff_requests (
    actor_id    uuid        NOT NULL,
    key         bytea       NOT NULL,
    fingerprint bytea       NOT NULL,
    resource_id text        NOT NULL,
    at          timestamptz NOT NULL,
    PRIMARY KEY (actor_id, key)
);
COMMENT ON TABLE staff_requests IS
    'A row is an Idempotency-Key under which a member of staff changed something. A request that repeats it gets that '
    'resource.';
CREATE INDEX staff_requests_by_time ON staff_requests (at);
