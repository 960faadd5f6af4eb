-- Adds the users to a group, removes them from it, or makes them its only members: `p_mode` is 'add', 'remove' or
-- 'replace'. All of it or nothing. A user is named once. The outcome: 'done', also by an earlier call with the same key, with
-- its counts; or, with nothing changed, 'no_group', 'key_reused', or 'unknown' if some users are not known, or their accounts are deleted:
-- `unknown_count` is their number, and `unknown_positions` has the first 100 of their positions in `p_user_ids`, from 1 on.
-- With `p_dry_run` nothing changes either, and the counts are those that there would be.
CREATE OR REPLACE FUNCTION import_members(
    p_group_id bigint, p_mode text, p_user_ids uuid[], p_dry_run boolean, p_staff staff_request,
    OUT outcome text, OUT unknown_count bigint, OUT unknown_positions bigint[], OUT added bigint, OUT removed bigint
)
-- A plan for 10 users is none for 100,000.
LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    v_answer jsonb;
    v_new uuid[];
    v_gone uuid[];
BEGIN
    added := 0;
    removed := 0;
    IF p_dry_run THEN
        PERFORM FROM user_groups g WHERE g.id = p_group_id;
    ELSE
        SELECT f.outcome, f.answer INTO outcome, v_answer FROM find_staff_request(p_staff) AS f;
        IF outcome = 'repeated' THEN
            outcome := 'done';
            added := coalesce((v_answer ->> 'added')::bigint, 0);
            removed := coalesce((v_answer ->> 'removed')::bigint, 0);
            RETURN;
        ELSIF outcome <> 'new' THEN
            RETURN;
        END IF;
        -- Changes of one group wait for each other.
        PERFORM FROM user_groups g WHERE g.id = p_group_id FOR NO KEY UPDATE;
    END IF;
    IF NOT FOUND THEN
        outcome := 'no_group';
        RETURN;
    END IF;
    SELECT count(*), (array_agg(o.position ORDER BY o.position))[:100] INTO unknown_count, unknown_positions
    FROM unnest(p_user_ids) WITH ORDINALITY AS o (user_id, position)
    WHERE NOT EXISTS (SELECT FROM users u WHERE u.id = o.user_id AND u.status <> 'deleted');
    IF unknown_count > 0 THEN
        outcome := 'unknown';
        RETURN;
    END IF;
    outcome := 'done';

    IF p_mode IN ('add', 'replace') THEN
        v_new := ARRAY(
            SELECT o.user_id FROM unnest(p_user_ids) AS o (user_id)
            EXCEPT SELECT m.user_id FROM group_members m WHERE m.group_id = p_group_id
            ORDER BY 1
        );
    END IF;
    IF p_mode = 'remove' THEN
        v_gone := ARRAY(
            SELECT m.user_id FROM group_members m WHERE m.group_id = p_group_id
            INTERSECT SELECT o.user_id FROM unnest(p_user_ids) AS o (user_id)
        );
    ELSIF p_mode = 'replace' THEN
        v_gone := ARRAY(
            SELECT m.user_id FROM group_members m WHERE m.group_id = p_group_id
            EXCEPT SELECT o.user_id FROM unnest(p_user_ids) AS o (user_id)
        );
    END IF;
    added := coalesce(cardinality(v_new), 0)::bigint;
    removed := coalesce(cardinality(v_gone), 0)::bigint;
    IF p_dry_run THEN
        RETURN;
    END IF;
    PERFORM keep_staff_request(
        p_staff => p_staff, p_resource_id => p_group_id::text,
        p_answer => jsonb_build_object('added', added, 'removed', removed)
    );
    IF added + removed = 0 THEN
        RETURN;
    END IF;

    IF added > 0 THEN
        INSERT INTO group_members (group_id, user_id, added_at)
        SELECT p_group_id, o.user_id, p_staff.at FROM unnest(v_new) AS o (user_id);
        -- As late as possible, since whoever applies a promo code waits for it. A deletion that came first has not seen
        -- the memberships, so they end here; one that comes later waits, and ends them itself.
        PERFORM FROM unnest(v_new) AS o (user_id) JOIN users u ON u.id = o.user_id ORDER BY u.id FOR SHARE OF u;
        DELETE FROM group_members m USING unnest(v_new) AS o (user_id), users u
        WHERE u.id = o.user_id AND u.status = 'deleted' AND m.group_id = p_group_id AND m.user_id = u.id;
    END IF;
    -- After the users are locked: a deletion that holds one of them may wait for these rows.
    IF removed > 0 THEN
        DELETE FROM group_members m USING unnest(v_gone) AS o (user_id)
        WHERE m.group_id = p_group_id AND m.user_id = o.user_id;
    END IF;
    PERFORM record_staff_change(
        p_staff => p_staff, p_resource => 'group', p_resource_id => p_group_id::text, p_action => 'import_members',
        p_details => jsonb_build_object('mode', p_mode, 'added', added, 'removed', removed)
    );
END $$;
