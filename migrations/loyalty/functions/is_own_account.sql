-- Whether an account belongs to the member of staff themselves: the one that they act with, or another of the same person.
CREATE OR REPLACE FUNCTION is_own_account(p_staff staff_request, p_user_id uuid) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT person_of(p_staff.actor_id) = person_of(p_user_id)
$$;
