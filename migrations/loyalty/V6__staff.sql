-- Actions of staff.

CREATE TABLE staff_changes (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          timestamptz NOT NULL,
    actor_id    uuid        NOT NULL,
    resource    text        NOT NULL CHECK (resource IN ('group', 'promo_code', 'promotion', 'campaign', 'tariff')),
    resource_id bigint      NOT NULL,
    action      text        NOT NULL,
    details     jsonb       NOT NULL
);
COMMENT ON TABLE staff_changes IS 'A row is a change that staff made, and who made it, by ID alone.';
CREATE INDEX staff_changes_by_resource ON staff_changes (resource, resource_id, id);
