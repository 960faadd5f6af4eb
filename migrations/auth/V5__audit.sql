-- The audit log of accounts is read newest first, narrowed down by any of what a row says.

-- Nothing has been released yet: the table is small, and nothing reads it while this runs.
-- squawk-ignore require-concurrent-index-deletion
DROP INDEX staff_actions_by_user, staff_actions_by_time;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX staff_actions_by_time ON staff_actions (occurred_at, id);
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX staff_actions_by_user ON staff_actions (user_id, occurred_at, id);
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX staff_actions_by_actor ON staff_actions (actor_id, occurred_at, id);
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX staff_actions_by_action ON staff_actions (action, occurred_at, id);
