-- Processes a refund that succeeded. When everything is refunded, the subscription ends, those that follow it move up,
-- and the use of the code is released if the promotion says so. False when the refund was processed earlier.
CREATE OR REPLACE FUNCTION complete_refund(p_refund_id uuid, p_reference text, p_now timestamptz) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    b purchases;
    s subscriptions;
    v_amount_minor bigint;
    v_currency text;
    v_ends_at timestamptz;
BEGIN
    SELECT p.* INTO STRICT b FROM purchases p JOIN refunds r ON r.purchase_id = p.id
    WHERE r.id = p_refund_id FOR NO KEY UPDATE OF p;
    UPDATE refunds r SET status = 'succeeded', reference = p_reference, updated_at = p_now
    WHERE r.id = p_refund_id AND r.status = 'pending'
    RETURNING r.amount_minor, r.currency INTO v_amount_minor, v_currency;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO ledger (at, purchase_id, kind, reference, amount_minor, currency)
    VALUES (p_now, b.id, 'refund', p_reference, -v_amount_minor, v_currency);
    IF b.status <> 'paid' OR (SELECT sum(l.amount_minor) FROM ledger l WHERE l.purchase_id = b.id) > 0 THEN
        RETURN true;
    END IF;

    PERFORM lock_subscriptions(p_user_id => b.user_id, p_tariff_id => b.tariff_id);
    PERFORM release_uses(
        p_application_ids => ARRAY[a.id], p_from => 'used', p_to => 'cancelled', p_cancel_reason => 'refunded',
        p_now => p_now
    )
    FROM applications a JOIN promotions p ON p.id = a.promotion_id
    WHERE a.id = b.application_id AND p.refund_returns_use;
    UPDATE purchases p SET status = 'refunded', updated_at = p_now WHERE p.id = b.id;
    SELECT o.* INTO STRICT s FROM subscriptions o WHERE o.purchase_id = b.id;
    v_ends_at := least(s.ends_at, greatest(s.starts_at, p_now));
    IF v_ends_at < s.ends_at THEN
        UPDATE subscriptions o SET ends_at = v_ends_at WHERE o.purchase_id = b.id;
        UPDATE subscriptions later
        SET starts_at = later.starts_at - (s.ends_at - v_ends_at), ends_at = later.ends_at - (s.ends_at - v_ends_at)
        WHERE later.user_id = s.user_id AND later.tariff_id = s.tariff_id AND later.starts_at >= s.ends_at
            AND later.purchase_id <> s.purchase_id;
    END IF;
    RETURN true;
END $$;
