-- Actions of staff on accounts.

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
    'A row is a change that an administrator made to an account, or a look-up by its e-mail. People are '
    'identified by their IDs alone.';
COMMENT ON COLUMN staff_actions.actor_id IS 'The administrator; of a look-up, any member of staff.';
COMMENT ON COLUMN staff_actions.user_id IS 'The account.';
COMMENT ON COLUMN staff_actions.before IS 'The earlier status or role; NULL when nothing was changed.';
COMMENT ON COLUMN staff_actions.after IS 'The new status or role; NULL when nothing was changed.';
