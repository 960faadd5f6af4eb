-- Enters the payment of a failed purchase, and orders the refund of all of it.
CREATE OR REPLACE FUNCTION refund_payment(
    p_purchase_id uuid, p_reference text, p_refund_id uuid, p_now timestamptz
) RETURNS void LANGUAGE sql AS $$
    INSERT INTO ledger (at, purchase_id, kind, reference, amount_minor, currency)
    SELECT p_now, b.id, 'payment', p_reference, b.total_minor, b.currency FROM purchases b WHERE b.id = p_purchase_id;
    INSERT INTO refunds (id, purchase_id, amount_minor, currency, cause, status, created_at, updated_at, check_at)
    SELECT p_refund_id, b.id, b.total_minor, b.currency, 'late_payment', 'pending', p_now, p_now, p_now
    FROM purchases b WHERE b.id = p_purchase_id;
$$;
