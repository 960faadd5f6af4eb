-- Frees the text of a promo code whose promotion is archived, so that another code can have it.
CREATE OR REPLACE FUNCTION free_text(p_code text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE promo_codes c SET holds_text = NULL FROM promotions p
    WHERE c.code = p_code AND c.holds_text AND p.id = c.promotion_id AND p.status = 'archived';
END $$;
