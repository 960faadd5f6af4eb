-- Marks a pending purchase as failed and releases the use. `p_reference` is the payment that failed, if there is one. The
-- payment of a purchase that the buyer has cancelled can still succeed, so the provider is asked about it until it ends. The outcome: 'failed' when this call did it, 'before' when an earlier one had; 'paid',
-- 'another_payment', 'no_purchase' when staff must investigate.
CREATE OR REPLACE FUNCTION fail_purchase(
    p_purchase_id uuid, p_reference text, p_failure text, p_now timestamptz
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    b purchases;
BEGIN
    SELECT p.* INTO b FROM purchases p WHERE p.id = p_purchase_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN 'no_purchase';
    ELSIF b.payment_id <> p_reference THEN
        RETURN 'another_payment';
    ELSIF b.status = 'failed' THEN
        IF p_reference IS NOT NULL THEN
            UPDATE purchases p SET check_at = NULL WHERE p.id = b.id AND p.check_at IS NOT NULL;
        END IF;
        RETURN 'before';
    ELSIF b.status <> 'pending' THEN
        RETURN 'paid';
    END IF;
    PERFORM release_uses(
        p_application_ids => ARRAY[b.application_id], p_from => 'paying', p_to => 'cancelled',
        p_cancel_reason => CASE p_failure
            WHEN 'payment_expired' THEN 'payment_expired'
            WHEN 'cancelled_by_buyer' THEN 'user'
            WHEN 'not_first_purchase' THEN 'not_first_purchase'
            WHEN 'user_not_active' THEN (
                SELECT CASE u.status WHEN 'deleted' THEN 'user_deleted' ELSE 'user_blocked' END
                FROM users u WHERE u.id = b.user_id
            )
            ELSE 'payment_failed'
        END,
        p_now => p_now
    );
    UPDATE purchases p SET status = 'failed', failure = p_failure, updated_at = p_now,
        check_at = CASE WHEN p_failure = 'cancelled_by_buyer' AND b.payment_id IS NOT NULL THEN b.check_at END
    WHERE p.id = b.id;
    RETURN 'failed';
END $$;
