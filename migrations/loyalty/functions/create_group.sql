-- Creates a group of users. The outcome: 'created', also by an earlier call with the same key, or 'key_reused'.
CREATE OR REPLACE FUNCTION create_group(
    p_title text, p_staff staff_request, OUT outcome text, OUT group_id bigint
) LANGUAGE plpgsql AS $$
BEGIN
    SELECT f.outcome, f.resource_id::bigint INTO outcome, group_id FROM find_staff_request(p_staff) AS f;
    IF outcome <> 'new' THEN
        outcome := CASE outcome WHEN 'repeated' THEN 'created' ELSE outcome END;
        RETURN;
    END IF;
    INSERT INTO user_groups AS g (title) VALUES (p_title) RETURNING g.id INTO group_id;
    PERFORM record_staff_change(
        p_staff => p_staff, p_resource => 'group', p_resource_id => group_id::text, p_action => 'create',
        p_details => jsonb_build_object('title', p_title, 'version', 1)
    );
    outcome := 'created';
END $$;
