-- Groups have versions.

ALTER TABLE user_groups ADD COLUMN version integer NOT NULL DEFAULT 1;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE user_groups ADD CONSTRAINT user_groups_version CHECK (version > 0);
COMMENT ON COLUMN user_groups.version IS 'Grows when the group is renamed. Its members have no versions: changes of them add up.';
