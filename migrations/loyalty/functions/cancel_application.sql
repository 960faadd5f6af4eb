-- Cancels a user's open applications of a promo code, which is given by its ID or by the texts that it may have, of which
-- the first that the user has ever applied counts: those for one tariff, or all. Purchases that are pending with them are cancelled, too. Returns the applications that are cancelled
-- now, or by the latest earlier call if there is nothing to cancel; otherwise one row with nothing but the outcome: 'used'
-- when the latest application is, 'changed' when another request was faster, 'not_applied'.
CREATE OR REPLACE FUNCTION cancel_application(
    p_user_id uuid, p_code_id bigint, p_codes text[], p_tariff_id bigint, p_now timestamptz
) RETURNS TABLE (outcome text, application_id uuid, tariff_id bigint, purchase_id uuid) LANGUAGE plpgsql AS $$
DECLARE
    v_code_ids bigint[] := ARRAY(SELECT c.id FROM promo_codes c WHERE c.id = p_code_id OR c.code = ANY (p_codes));
    v_purchase_id uuid;
    v_cancelled_ids uuid[];
    v_text text;
    a applications;
BEGIN
    IF p_codes IS NOT NULL THEN
        SELECT c.code INTO v_text FROM applications o JOIN promo_codes c ON c.id = o.code_id
        WHERE o.user_id = p_user_id AND c.id = ANY (v_code_ids)
        ORDER BY array_position(p_codes, c.code) LIMIT 1;
        IF FOUND THEN
            v_code_ids := ARRAY(SELECT c.id FROM promo_codes c WHERE c.id = ANY (v_code_ids) AND c.code = v_text);
        END IF;
    END IF;
    outcome := 'not_applied';
    IF v_code_ids = '{}' THEN
        RETURN NEXT;
        RETURN;
    END IF;
    FOR v_purchase_id IN
        SELECT b.id FROM applications o JOIN purchases b ON b.application_id = o.id AND b.status = 'pending'
        WHERE o.user_id = p_user_id AND o.state IN ('applied', 'paying') AND o.code_id = ANY (v_code_ids)
            AND (p_tariff_id IS NULL OR o.tariff_id = p_tariff_id)
        ORDER BY b.id
    LOOP
        IF cancel_purchase(p_purchase_id => v_purchase_id, p_user_id => p_user_id, p_now => p_now) = 'cancelled' THEN
            v_cancelled_ids := v_cancelled_ids || (SELECT b.application_id FROM purchases b WHERE b.id = v_purchase_id);
        END IF;
    END LOOP;
    v_cancelled_ids := v_cancelled_ids || ARRAY(
        SELECT r FROM release_uses(
            p_application_ids => ARRAY(
                SELECT o.id FROM applications o
                WHERE o.user_id = p_user_id AND o.state IN ('applied', 'paying') AND o.code_id = ANY (v_code_ids)
                    AND o.state = 'applied' AND o.expires_at > p_now
                    AND (p_tariff_id IS NULL OR o.tariff_id = p_tariff_id)
            ),
            p_from => 'applied', p_to => 'cancelled', p_cancel_reason => 'user', p_now => p_now
        ) AS r
    );
    IF cardinality(v_cancelled_ids) = 0 THEN
        SELECT o.* INTO a FROM applications o
        WHERE o.user_id = p_user_id AND o.code_id = ANY (v_code_ids)
            AND (p_tariff_id IS NULL OR o.tariff_id = p_tariff_id)
        ORDER BY o.created_at DESC LIMIT 1;
        IF a.state = 'cancelled' AND a.cancel_reason = 'user' THEN
            v_cancelled_ids := ARRAY(
                SELECT o.id FROM applications o
                WHERE o.user_id = p_user_id AND o.code_id = ANY (v_code_ids) AND o.state = 'cancelled'
                    AND o.cancel_reason = 'user' AND o.updated_at = a.updated_at
                    AND (p_tariff_id IS NULL OR o.tariff_id = p_tariff_id)
            );
        ELSE
            outcome := CASE WHEN a.state = 'used' THEN 'used' WHEN a.state = 'paying' THEN 'changed' ELSE outcome END;
            RETURN NEXT;
            RETURN;
        END IF;
    END IF;
    RETURN QUERY
        SELECT 'cancelled', o.id, o.tariff_id, b.id
        FROM applications o LEFT JOIN purchases b ON b.application_id = o.id AND b.failure = 'cancelled_by_buyer'
        WHERE o.id = ANY (v_cancelled_ids)
        ORDER BY o.created_at, o.id;
END $$;
