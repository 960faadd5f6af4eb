-- Archives each membership that has ended.
CREATE OR REPLACE FUNCTION keep_group_member() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO past_group_members (group_id, user_id, added_at, removed_at)
    VALUES (OLD.group_id, OLD.user_id, OLD.added_at, clock_timestamp());
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER keep_group_member AFTER DELETE ON group_members
    FOR EACH ROW EXECUTE FUNCTION keep_group_member();
