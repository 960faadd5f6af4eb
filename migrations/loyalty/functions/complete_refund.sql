-- Processes a refund that succeeded. When everything is refunded, the purchase ends. False when the refund was processed
-- earlier.
CREATE OR REPLACE FUNCTION complete_refund(p_refund_id uuid, p_reference text, p_now timestamptz) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    b purchases;
    v_amount_minor bigint;
    v_currency text;
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
    IF b.status = 'paid' AND (SELECT sum(l.amount_minor) FROM ledger l WHERE l.purchase_id = b.id) <= 0 THEN
        PERFORM end_purchase(p_purchase_id => b.id, p_status => 'refunded', p_now => p_now);
    END IF;
    RETURN true;
END $$;
