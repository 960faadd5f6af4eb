-- The fields of a promotion that refer to rows that do not exist: `tariffs`, `audience`, `campaign_id`. What it referred to
-- before, as `p_before`, may be gone by now. Locks its groups, so that they are not deleted meanwhile: see delete_group.
CREATE OR REPLACE FUNCTION unknown_references(p_promotion promotions, p_before promotions) RETURNS text[]
LANGUAGE plpgsql AS $$
DECLARE
    v_fields text[] := ARRAY[]::text[];
BEGIN
    PERFORM FROM user_groups g WHERE g.id = ANY (p_promotion.audience_group_ids) ORDER BY g.id FOR KEY SHARE;
    IF EXISTS (
        SELECT FROM unnest(p_promotion.tariff_ids) AS named (id)
        WHERE NOT EXISTS (SELECT FROM tariffs t WHERE t.id = named.id)
            AND named.id <> ALL (coalesce(p_before.tariff_ids, '{}'))
    ) THEN
        v_fields := v_fields || 'tariffs'::text;
    END IF;
    IF EXISTS (
        SELECT FROM unnest(p_promotion.audience_group_ids) AS named (id)
        WHERE NOT EXISTS (SELECT FROM user_groups g WHERE g.id = named.id)
            AND named.id <> ALL (coalesce(p_before.audience_group_ids, '{}'))
    ) THEN
        v_fields := v_fields || 'audience'::text;
    END IF;
    IF p_promotion.campaign_id IS DISTINCT FROM p_before.campaign_id
        AND p_promotion.campaign_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM campaigns m WHERE m.id = p_promotion.campaign_id)
    THEN
        v_fields := v_fields || 'campaign_id'::text;
    END IF;
    RETURN v_fields;
END $$;
