-- Deletes a group that no promotion refers to, except archived ones, with its memberships. Whoever creates a promotion for a group locks the
-- group first: FOR KEY SHARE. The outcome: 'deleted', 'in_use', 'not_found'.
CREATE OR REPLACE FUNCTION delete_group(p_group_id bigint, p_actor_id uuid, p_now timestamptz) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v_title text;
BEGIN
    SELECT g.title INTO v_title FROM user_groups g WHERE g.id = p_group_id FOR UPDATE;
    IF NOT FOUND THEN
        RETURN 'not_found';
    END IF;
    -- A separate statement, so it sees what was committed before the lock was granted.
    IF EXISTS (SELECT FROM promotions p WHERE p.audience_group_ids @> ARRAY[p_group_id] AND p.status <> 'archived') THEN
        RETURN 'in_use';
    END IF;
    DELETE FROM user_groups g WHERE g.id = p_group_id;
    INSERT INTO staff_changes (at, actor_id, resource, resource_id, action, details)
    VALUES (p_now, p_actor_id, 'group', p_group_id::text, 'delete', jsonb_build_object('title', v_title));
    RETURN 'deleted';
END $$;
