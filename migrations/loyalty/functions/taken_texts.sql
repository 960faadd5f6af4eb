-- Those of some texts that a code has whose promotion is not archived; others are free again.
CREATE OR REPLACE FUNCTION taken_texts(p_codes text[]) RETURNS text[] LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN ARRAY(
        SELECT c.code FROM promo_codes c JOIN promotions p ON p.id = c.promotion_id
        WHERE c.code = ANY (p_codes) AND c.holds_text AND p.status <> 'archived'
        ORDER BY c.code
    );
END $$;
