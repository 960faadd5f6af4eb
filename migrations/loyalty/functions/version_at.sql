-- A tariff, a campaign, a promotion or a promo code as it was at a past time; NULL if it did not exist then.
CREATE OR REPLACE FUNCTION version_at(p_kind text, p_id bigint, p_at timestamptz) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_then CONSTANT jsonb := coalesce(
        (
            SELECT v.snapshot FROM past_versions v WHERE v.kind = p_kind AND v.id = p_id AND v.until > p_at
            ORDER BY v.version LIMIT 1
        ),
        version_now(p_kind, p_id)
    );
BEGIN
    IF (v_then ->> 'created_at')::timestamptz > p_at THEN
        RETURN NULL;
    END IF;
    RETURN v_then;
END $$;
