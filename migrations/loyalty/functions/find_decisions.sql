-- Up to `p_limit` decisions, newest first, after the position (`p_at`, `p_id`) if one is given, that fit whatever is not
-- NULL: about a user; about the promo code with the ID `p_code_id`, or those that have or had one of the texts `p_codes`;
-- about the codes of a promotion; with a refusal by the rule `p_reason`; accepted or refused; made at `p_from` or later,
-- and before `p_to`. A function, since planning the query takes ten times as long as running it; with a statement for
-- each index.
CREATE OR REPLACE FUNCTION find_decisions(
    p_user_id uuid, p_code_id bigint, p_codes text[], p_promotion_id bigint, p_reason text, p_accepted boolean,
    p_from timestamptz, p_to timestamptz, p_at timestamptz, p_id uuid, p_limit bigint
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
    v_promotion_ids bigint[];
    v_from CONSTANT timestamptz := coalesce(p_from, '-infinity');
    v_to CONSTANT timestamptz := coalesce(p_to, 'infinity');
    v_at CONSTANT timestamptz := least(coalesce(p_at, 'infinity'), v_to);
    v_id CONSTANT uuid := coalesce(p_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
BEGIN
    IF p_user_id IS NOT NULL THEN
        RETURN QUERY
        SELECT d.* FROM decisions d
        WHERE d.user_id = p_user_id AND (v_any_code OR d.code_id = ANY (v_code_ids))
            AND (p_promotion_id IS NULL OR d.promotion_id = p_promotion_id)
            AND (p_reason IS NULL OR p_reason = ANY (d.refused))
            AND (p_accepted IS NULL OR p_accepted = (cardinality(d.refused) = 0))
            -- The first condition is for the index.
            AND d.at BETWEEN v_from AND v_at AND d.at < v_to AND (d.at, d.id) < (v_at, v_id)
        ORDER BY d.at DESC, d.id DESC
        LIMIT p_limit;
        RETURN;
    END IF;
    v_promotion_ids := CASE
        WHEN p_promotion_id IS NOT NULL THEN ARRAY[p_promotion_id]
        WHEN v_any_code THEN ARRAY (
            SELECT p.id FROM promotions p
            UNION
            -- Deleted since.
            SELECT v.id FROM past_versions v WHERE v.kind = 'promotion'
        )
        ELSE ARRAY (
            SELECT c.promotion_id FROM promo_codes c WHERE c.id = ANY (v_code_ids)
            UNION
            SELECT (v.snapshot ->> 'promotion_id')::bigint FROM past_versions v
            WHERE v.kind = 'promo_code' AND v.id = ANY (v_code_ids)
        )
    END;
    RETURN QUERY
    SELECT newest.* FROM unnest(v_promotion_ids) AS p (id)
    CROSS JOIN LATERAL (
        SELECT d.* FROM decisions d
        WHERE d.promotion_id = p.id AND (v_any_code OR d.code_id = ANY (v_code_ids))
            AND (p_reason IS NULL OR p_reason = ANY (d.refused))
            AND (p_accepted IS NULL OR p_accepted = (cardinality(d.refused) = 0))
            AND d.at BETWEEN v_from AND v_at AND d.at < v_to AND (d.at, d.id) < (v_at, v_id)
        ORDER BY d.at DESC, d.id DESC
        LIMIT p_limit
    ) AS newest
    ORDER BY newest.at DESC, newest.id DESC
    LIMIT p_limit;
END $$;
