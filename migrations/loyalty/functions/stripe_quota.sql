-- The quota of stripe `p_stripe` with the usage `p_own`, when the usage of all stripes is `p_taken` of `p_limit`: its
-- own usage, and its share of what is left among the first `p_stripes`. NULL without a limit; 0 when the limit is
-- exceeded.
CREATE OR REPLACE FUNCTION stripe_quota(
    p_limit bigint, p_taken bigint, p_own bigint, p_stripes integer, p_stripe integer
) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN p_limit IS NULL THEN NULL
        WHEN p_taken > p_limit THEN 0
        WHEN p_stripe >= p_stripes THEN p_own
        ELSE p_own + (p_limit - p_taken) / p_stripes + (p_stripe < (p_limit - p_taken) % p_stripes)::integer
    END
$$;
