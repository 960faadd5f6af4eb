-- Up to `p_limit` decisions about a user, newest first, after the position (`p_at`, `p_id`) if one is given; about the
-- promo code with the ID `p_code_id` or one of the texts `p_codes`, or about all codes if both are NULL. A function,
-- since planning the query takes ten times as long as running it.
CREATE OR REPLACE FUNCTION find_decisions(
    p_user_id uuid, p_code_id bigint, p_codes text[], p_at timestamptz, p_id uuid, p_limit bigint
) RETURNS SETOF decisions LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_any_code CONSTANT boolean := p_code_id IS NULL AND p_codes IS NULL;
    v_code_ids CONSTANT bigint[] := ARRAY (
        SELECT p_code_id WHERE p_code_id IS NOT NULL
        UNION
        SELECT c.id FROM promo_codes c WHERE c.code = ANY (p_codes)
        UNION
        -- Under an earlier text, or deleted since.
        SELECT v.id FROM past_versions v WHERE v.kind = 'promo_code' AND v.snapshot ->> 'code' = ANY (p_codes)
    );
    v_at CONSTANT timestamptz := coalesce(p_at, 'infinity');
    v_id CONSTANT uuid := coalesce(p_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
BEGIN
    RETURN QUERY
    SELECT d.* FROM decisions d
    WHERE d.user_id = p_user_id AND (v_any_code OR d.code_id = ANY (v_code_ids))
        -- The first condition is for the index.
        AND d.at <= v_at AND (d.at, d.id) < (v_at, v_id)
    ORDER BY d.at DESC, d.id DESC
    LIMIT p_limit;
END $$;
