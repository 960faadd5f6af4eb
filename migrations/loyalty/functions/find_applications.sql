-- Up to `p_limit` applications, newest first, after the position (`p_at`, `p_id`) if one is given: those that match every
-- argument that is not NULL. One of the user, the code, the promotion and the campaign is found by its index; those of a
-- time alone by their IDs, which begin with the time: `p_from_id` and `p_to_id` are the first IDs of `p_from` and `p_to`.
-- The plan is made for the arguments of each call.
CREATE OR REPLACE FUNCTION find_applications(
    p_user_id uuid, p_code_id bigint, p_promotion_id bigint, p_campaign_id bigint, p_tariff_id bigint, p_state text,
    p_by_staff boolean, p_from timestamptz, p_to timestamptz, p_from_id uuid, p_to_id uuid,
    p_at timestamptz, p_id uuid, p_limit bigint
) RETURNS SETOF applications LANGUAGE plpgsql STABLE ROWS 20
SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    -- The index is that of the promotion. A code stays with its promotion.
    v_promotion_id CONSTANT bigint := coalesce(
        p_promotion_id,
        CASE WHEN p_code_id IS NOT NULL THEN
            coalesce((SELECT c.promotion_id FROM promo_codes c WHERE c.id = p_code_id), -1)
        END
    );
BEGIN
    IF coalesce(p_user_id::text, v_promotion_id::text, p_campaign_id::text) IS NULL AND p_by_staff IS DISTINCT FROM true THEN
        RETURN QUERY
        SELECT a.* FROM applications a
        WHERE a.id >= p_from_id AND a.id < p_to_id AND (p_id IS NULL OR a.id < p_id)
            AND a.created_at >= p_from AND a.created_at < p_to AND (p_by_staff IS NULL OR a.applied_by IS NULL)
            AND (p_tariff_id IS NULL OR a.tariff_id = p_tariff_id) AND (p_state IS NULL OR a.state = p_state)
        ORDER BY a.id DESC LIMIT p_limit;
        RETURN;
    END IF;
    RETURN QUERY
    SELECT a.* FROM applications a
    WHERE (p_user_id IS NULL OR a.user_id = p_user_id)
        AND (v_promotion_id IS NULL OR a.promotion_id = v_promotion_id)
        AND (p_code_id IS NULL OR a.code_id = p_code_id)
        AND (p_campaign_id IS NULL OR a.campaign_id = p_campaign_id)
        AND (p_tariff_id IS NULL OR a.tariff_id = p_tariff_id)
        AND (p_state IS NULL OR a.state = p_state)
        AND (p_by_staff IS DISTINCT FROM true OR a.applied_by IS NOT NULL)
        AND (p_by_staff IS DISTINCT FROM false OR a.applied_by IS NULL)
        AND (p_from IS NULL OR a.created_at >= p_from) AND (p_to IS NULL OR a.created_at < p_to)
        -- The first condition is for the index.
        AND (p_at IS NULL OR (a.created_at <= p_at AND (a.created_at, a.id) < (p_at, p_id)))
    ORDER BY a.created_at DESC, a.id DESC LIMIT p_limit;
END $$;
