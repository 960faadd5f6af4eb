-- The person to whom an account belongs: the first account of the same e-mail address.
CREATE OR REPLACE FUNCTION person_of(p_user_id uuid) RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT u.first_account_id FROM users u WHERE u.id = p_user_id), p_user_id)
$$;
