-- Deletes a group that no promotion refers to, except archived ones, with its memberships, if it has the version
-- `p_version`; NULL stands for any. Whoever creates a promotion for a group locks the group first: FOR KEY SHARE. The
-- outcome: 'deleted', also by an earlier call with the same key; or, with nothing changed, 'in_use', 'no_group', 'changed'
-- (by another request: `version` is the current one), 'key_reused'.
CREATE OR REPLACE FUNCTION delete_group(
    p_group_id bigint, p_version integer, p_staff staff_request, OUT outcome text, OUT version integer
) LANGUAGE plpgsql AS $$
DECLARE
    v_before user_groups;
BEGIN
    SELECT f.outcome INTO outcome FROM find_staff_request(p_staff) AS f;
    IF outcome <> 'new' THEN
        outcome := CASE outcome WHEN 'repeated' THEN 'deleted' ELSE outcome END;
        RETURN;
    END IF;
    SELECT g.* INTO v_before FROM user_groups g WHERE g.id = p_group_id FOR UPDATE;
    version := v_before.version;
    IF v_before.id IS NULL THEN
        outcome := 'no_group';
        RETURN;
    END IF;
    IF version <> p_version THEN
        outcome := 'changed';
        RETURN;
    END IF;
    -- A separate statement, so it sees what was committed before the lock was granted.
    IF EXISTS (SELECT FROM promotions p WHERE p.audience_group_ids @> ARRAY[p_group_id] AND p.status <> 'archived') THEN
        outcome := 'in_use';
        RETURN;
    END IF;
    INSERT INTO past_versions (kind, id, version, until, snapshot)
    VALUES ('group', v_before.id, v_before.version, clock_timestamp(), to_jsonb(v_before));
    DELETE FROM user_groups g WHERE g.id = p_group_id;
    PERFORM record_staff_change(
        p_staff => p_staff, p_resource => 'group', p_resource_id => p_group_id::text, p_action => 'delete',
        p_details => jsonb_build_object('title', v_before.title)
    );
    outcome := 'deleted';
END $$;
