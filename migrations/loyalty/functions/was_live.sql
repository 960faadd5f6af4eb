-- Whether an application that had been created by `p_at` counted at that time, whatever its state is now.
CREATE OR REPLACE FUNCTION was_live(p_state text, p_expires_at timestamptz, p_updated_at timestamptz, p_at timestamptz)
RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT p_state IN ('paying', 'used')
        OR (p_state IN ('applied', 'expired') AND p_expires_at > p_at)
        OR (p_state = 'cancelled' AND p_updated_at > p_at)
$$;
