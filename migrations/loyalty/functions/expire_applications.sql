-- Releases up to `p_limit` expired applications, those of a user, a promotion or a campaign if one is given, and
-- returns how many it released. Applications that have not expired cost nothing.
CREATE OR REPLACE FUNCTION expire_applications(
    p_now timestamptz, p_limit integer, p_user_id uuid DEFAULT NULL, p_promotion_id bigint DEFAULT NULL,
    p_campaign_id bigint DEFAULT NULL
) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    v_ids uuid[];
    v_expired integer;
BEGIN
    IF p_user_id IS NOT NULL THEN
        -- By the index applications_one_open_per_tariff: a user has few.
        v_ids := ARRAY(
            SELECT a.id FROM applications a
            WHERE a.user_id = p_user_id AND a.state IN ('applied', 'paying')
                AND a.state = 'applied' AND a.expires_at <= p_now
                AND (p_promotion_id IS NULL OR a.promotion_id = p_promotion_id)
                AND (p_campaign_id IS NULL OR a.campaign_id = p_campaign_id)
            LIMIT p_limit
        );
    ELSE
        -- By the index applications_to_expire.
        v_ids := ARRAY(
            SELECT a.id FROM applications a
            WHERE a.state = 'applied' AND a.expires_at <= p_now
                AND (p_promotion_id IS NULL OR a.promotion_id = p_promotion_id)
                AND (p_campaign_id IS NULL OR a.campaign_id = p_campaign_id)
            ORDER BY a.expires_at LIMIT p_limit
        );
    END IF;
    SELECT count(*)::integer INTO v_expired
    FROM release_uses(
        p_application_ids => v_ids, p_from => 'applied', p_to => 'expired', p_cancel_reason => NULL, p_now => p_now
    );
    RETURN v_expired;
END $$;
