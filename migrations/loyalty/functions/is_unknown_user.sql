-- Whether a user who is named, if one is, is unknown or deleted.
CREATE OR REPLACE FUNCTION is_unknown_user(p_user_id uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN p_user_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM users u WHERE u.id = p_user_id AND u.status <> 'deleted');
END $$;
