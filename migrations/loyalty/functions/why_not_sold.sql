-- Why a payment that has come can't complete its purchase: 'user_not_active'; 'not_first_purchase' when its promo code is
-- for first purchases and the person has another one; NULL when it can. Locks the user, so that a change of status
-- waits.
CREATE OR REPLACE FUNCTION why_not_sold(p_user_id uuid, p_application_id uuid) RETURNS text
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM users u WHERE u.id = p_user_id AND u.status = 'active' FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN 'user_not_active';
    END IF;
    -- A separate statement: it sees what was committed before the lock was granted.
    PERFORM FROM applications a JOIN promotions p ON p.id = a.promotion_id
    WHERE a.id = p_application_id AND a.first_purchase
        AND has_purchased(p_person_id => a.person_id, p_kind => coalesce(p.first_purchase, 'paid'));
    IF FOUND THEN
        RETURN 'not_first_purchase';
    END IF;
    RETURN NULL;
END $$;
