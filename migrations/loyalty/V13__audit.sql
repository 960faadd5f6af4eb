-- The audit log is read newest first, narrowed down by any of what a row says.

-- Nothing has been released yet: the table is small, and nothing reads it while this runs.
-- squawk-ignore require-concurrent-index-deletion
DROP INDEX staff_changes_by_user, staff_changes_by_actor, staff_changes_by_resource;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX staff_changes_by_time ON staff_changes (at, id);
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX staff_changes_about_users ON staff_changes (at, id) WHERE user_id IS NOT NULL;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX staff_changes_by_user ON staff_changes (user_id, at, id) WHERE user_id IS NOT NULL;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX staff_changes_by_actor ON staff_changes (actor_id, at, id);
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX staff_changes_by_action ON staff_changes (action, at, id);
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX staff_changes_by_kind ON staff_changes (resource, at, id);
-- An ID alone is that of a few resources of different kinds.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX staff_changes_by_resource ON staff_changes (resource_id, resource, at, id);
