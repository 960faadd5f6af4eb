-- Adds users to a group and removes others. The outcome: 'done', also by an earlier call with the same key, with its
-- counts; or, with nothing changed, 'no_group', 'key_reused', or 'unknown', with the users to be added who are not known or whose accounts are
-- deleted.
--
-- The group's lock serialises the changes of one group, so that no two wait for each other. That of the users makes a
-- deletion wait, and then see the memberships: it ends them.
CREATE OR REPLACE FUNCTION change_members(
    p_group_id bigint, p_add uuid[], p_remove uuid[], p_staff staff_request,
    OUT outcome text, OUT unknown uuid[], OUT added bigint, OUT removed bigint
) LANGUAGE plpgsql AS $$
DECLARE
    v_answer jsonb;
    v_known uuid[];
    v_added uuid[];
    v_removed uuid[];
BEGIN
    added := 0;
    removed := 0;
    SELECT f.outcome, f.answer INTO outcome, v_answer FROM find_staff_request(p_staff) AS f;
    IF outcome = 'repeated' THEN
        outcome := 'done';
        added := coalesce((v_answer ->> 'added')::bigint, 0);
        removed := coalesce((v_answer ->> 'removed')::bigint, 0);
        RETURN;
    ELSIF outcome <> 'new' THEN
        RETURN;
    END IF;
    PERFORM FROM user_groups g WHERE g.id = p_group_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        outcome := 'no_group';
        RETURN;
    END IF;
    v_known := ARRAY(
        SELECT u.id FROM users u WHERE u.id = ANY (p_add) AND u.status <> 'deleted' ORDER BY u.id FOR SHARE
    );
    unknown := ARRAY(
        SELECT o.user_id FROM unnest(p_add) AS o (user_id) EXCEPT SELECT k.user_id FROM unnest(v_known) AS k (user_id)
    );
    IF cardinality(unknown) > 0 THEN
        outcome := 'unknown';
        RETURN;
    END IF;
    WITH new AS (
        INSERT INTO group_members (group_id, user_id, added_at)
        SELECT p_group_id, o.user_id, p_staff.at FROM unnest(v_known) AS o (user_id)
        ON CONFLICT DO NOTHING RETURNING user_id
    )
    SELECT array_agg(n.user_id), count(*) INTO v_added, added FROM new n;
    WITH gone AS (
        DELETE FROM group_members m WHERE m.group_id = p_group_id AND m.user_id = ANY (p_remove) RETURNING m.user_id
    )
    SELECT array_agg(g.user_id), count(*) INTO v_removed, removed FROM gone g;
    PERFORM keep_staff_request(
        p_staff => p_staff, p_resource_id => p_group_id::text,
        p_answer => jsonb_build_object('added', added, 'removed', removed)
    );
    IF added + removed > 0 THEN
        PERFORM record_staff_change(
            p_staff => p_staff, p_resource => 'group', p_resource_id => p_group_id::text, p_action => 'change_members',
            p_details => jsonb_build_object(
                'added', coalesce(v_added, '{}'::uuid[]), 'removed', coalesce(v_removed, '{}'::uuid[])
            )
        );
    END IF;
    outcome := 'done';
END $$;
