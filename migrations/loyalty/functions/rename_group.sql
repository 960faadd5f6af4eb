-- Renames a group, if it has the version `p_version`; NULL stands for any. The outcome: 'renamed', also by an earlier call
-- with the same key, and if it has the title already; or, with nothing changed, 'no_group', 'changed' (by another request:
-- `version` is the current one), 'key_reused'.
CREATE OR REPLACE FUNCTION rename_group(
    p_group_id bigint, p_version integer, p_title text, p_staff staff_request, OUT outcome text, OUT version integer
) LANGUAGE plpgsql AS $$
DECLARE
    v_before user_groups;
BEGIN
    SELECT f.outcome INTO outcome FROM find_staff_request(p_staff) AS f;
    IF outcome <> 'new' THEN
        outcome := CASE outcome WHEN 'repeated' THEN 'renamed' ELSE outcome END;
        RETURN;
    END IF;
    SELECT g.* INTO v_before FROM user_groups g WHERE g.id = p_group_id FOR NO KEY UPDATE;
    version := v_before.version;
    IF v_before.id IS NULL THEN
        outcome := 'no_group';
    ELSIF version <> p_version THEN
        outcome := 'changed';
    ELSE
        outcome := 'renamed';
    END IF;
    IF outcome <> 'renamed' THEN
        RETURN;
    ELSIF v_before.title = p_title THEN
        PERFORM keep_staff_request(p_staff => p_staff, p_resource_id => p_group_id::text);
        RETURN;
    END IF;
    UPDATE user_groups AS g SET title = p_title
    WHERE g.id = p_group_id RETURNING g.version INTO version;
    PERFORM record_staff_change(
        p_staff => p_staff, p_resource => 'group', p_resource_id => p_group_id::text, p_action => 'rename',
        p_details => jsonb_build_object('before', v_before.title, 'after', p_title, 'version', version)
    );
END $$;
