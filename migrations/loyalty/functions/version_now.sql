-- A tariff, a campaign, a promotion or a promo code as it is now, as the JSON of its row.
CREATE OR REPLACE FUNCTION version_now(p_kind text, p_id bigint) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN CASE p_kind
        WHEN 'tariff' THEN (SELECT to_jsonb(t) FROM tariffs t WHERE t.id = p_id)
        WHEN 'campaign' THEN (SELECT to_jsonb(m) FROM campaigns m WHERE m.id = p_id)
        WHEN 'promotion' THEN (SELECT to_jsonb(p) FROM promotions p WHERE p.id = p_id)
        WHEN 'promo_code' THEN (SELECT to_jsonb(c) FROM promo_codes c WHERE c.id = p_id)
    END;
END $$;
