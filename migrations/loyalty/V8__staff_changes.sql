-- What staff changed, and who it was: an id alone.
CREATE TABLE staff_changes (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          timestamptz NOT NULL,
    actor_id    uuid        NOT NULL,
    resource    text        NOT NULL CHECK (resource IN ('group', 'promo', 'campaign', 'tariff')),
    resource_id bigint      NOT NULL,
    action      text        NOT NULL,
    details     jsonb       NOT NULL
);
CREATE INDEX staff_changes_by_resource ON staff_changes (resource, resource_id, id);

-- Deletes a group that no promo code names. Who makes a promo code for a group locks the group first: FOR KEY SHARE.
CREATE FUNCTION delete_group(the_group bigint, the_actor uuid, the_time timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    the_title text;
BEGIN
    SELECT title INTO the_title FROM user_groups WHERE id = the_group FOR UPDATE;
    IF NOT FOUND THEN
        RETURN 'not_found';
    END IF;
    -- A statement of its own, so it sees what was committed before the lock was given.
    IF EXISTS (SELECT FROM promo_codes WHERE audience_group_ids @> ARRAY[the_group]) THEN
        RETURN 'in_use';
    END IF;
    DELETE FROM user_groups WHERE id = the_group;
    INSERT INTO staff_changes (at, actor_id, resource, resource_id, action, details)
    VALUES (the_time, the_actor, 'group', the_group, 'delete', jsonb_build_object('title', the_title));
    RETURN 'deleted';
END $$;
