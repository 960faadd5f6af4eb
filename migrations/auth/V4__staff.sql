-- What staff do to accounts.

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
CREATE INDEX staff_actions_by_time ON staff_actions (occurred_at);
COMMENT ON TABLE staff_actions IS
    'A row is what an administrator did to an account, or that they looked up its personal data. Names people by their '
    'ids alone.';
COMMENT ON COLUMN staff_actions.actor_id IS 'The administrator.';
COMMENT ON COLUMN staff_actions.user_id IS 'The account.';
COMMENT ON COLUMN staff_actions.before IS 'The status or the role before; NULL when nothing was changed.';
COMMENT ON COLUMN staff_actions.after IS 'The status or the role after; NULL when nothing was changed.';
