-- What is on sale and what everybody may see: the tariffs, and the shared codes of listed promotions that have not
-- ended.
CREATE OR REPLACE FUNCTION load_catalogue(
    p_now timestamptz, OUT catalogue_version bigint, OUT tariffs jsonb, OUT codes jsonb
) LANGUAGE plpgsql STABLE AS $$
BEGIN
    SELECT v.version INTO catalogue_version FROM catalogue_version v;
    SELECT jsonb_agg(to_jsonb(t)) INTO tariffs FROM tariffs t WHERE t.status = 'active';
    SELECT jsonb_agg(jsonb_build_object('code', to_jsonb(c), 'promotion', to_jsonb(p), 'campaign', to_jsonb(m)))
    INTO codes
    FROM promotions p
    JOIN promo_codes c ON c.promotion_id = p.id AND c.batch_id IS NULL AND c.user_id IS NULL
    LEFT JOIN campaigns m ON m.id = p.campaign_id
    WHERE p.status = 'active' AND p.listed AND (p.ends_at IS NULL OR p.ends_at > p_now)
        AND c.state = 'issued' AND (c.ends_at IS NULL OR c.ends_at > p_now);
END $$;
