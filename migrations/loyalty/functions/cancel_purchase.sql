-- Cancels a user's purchase whose payment is pending, and releases the use of its promo code. The outcome: 'cancelled';
-- 'failed' when it had failed or was cancelled earlier; 'paid' when it is complete; 'no_purchase' when the user has no
-- such purchase.
CREATE OR REPLACE FUNCTION cancel_purchase(p_purchase_id uuid, p_user_id uuid, p_now timestamptz) RETURNS text
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM purchases b WHERE b.id = p_purchase_id AND b.user_id = p_user_id;
    IF NOT FOUND THEN
        RETURN 'no_purchase';
    END IF;
    RETURN CASE fail_purchase(
            p_purchase_id => p_purchase_id, p_reference => NULL, p_failure => 'cancelled_by_buyer', p_now => p_now
        )
        WHEN 'failed' THEN 'cancelled'
        WHEN 'before' THEN 'failed'
        ELSE 'paid'
    END;
END $$;
