-- The version `p_version` of a tariff, a campaign, a promotion or a promo code.
CREATE OR REPLACE FUNCTION version_numbered(p_kind text, p_id bigint, p_version integer) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN coalesce(
        (SELECT v.snapshot FROM past_versions v WHERE v.kind = p_kind AND v.id = p_id AND v.version = p_version),
        version_now(p_kind, p_id)
    );
END $$;
