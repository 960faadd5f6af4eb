-- What administrators did to accounts, and whose personal data they looked up. Names people by their ids alone.
CREATE TABLE staff_actions (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    actor_id    uuid        NOT NULL,
    user_id     uuid        NOT NULL,
    action      text        NOT NULL CHECK (action IN ('look_up', 'set_status', 'set_role')),
    before      text,
    after       text,
    occurred_at timestamptz NOT NULL
);
CREATE INDEX staff_actions_by_user ON staff_actions (user_id, id);
