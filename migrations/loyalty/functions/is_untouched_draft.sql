-- Whether a promotion, which the caller has locked, was never anything but a draft. Only then has nobody applied it, and
-- nobody is about to: applying a code locks neither the code nor the promotion.
CREATE OR REPLACE FUNCTION is_untouched_draft(p_promotion promotions) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN p_promotion.status = 'draft' AND NOT EXISTS (
        SELECT FROM past_versions v
        WHERE v.kind = 'promotion' AND v.id = p_promotion.id AND v.snapshot ->> 'status' <> 'draft'
    );
END $$;
