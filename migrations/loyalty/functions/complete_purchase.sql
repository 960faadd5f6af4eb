-- Marks a pending purchase as paid: the application is used, and the subscription and the ledger entry are created. When
-- its user is no longer active, or it was to be the person's first purchase and is not, the purchase fails instead, and
-- the money is to be refunded, with `p_refund_id`. The outcome: 'paid', 'refunding'; 'no_purchase', 'another_payment',
-- 'another_amount'; 'failed' when the purchase has failed, so that the money is late; 'before' when it was processed
-- earlier.
--
-- Rows of purchases are locked first and written last: a request that opens a purchase of the same tariff would wait for
-- a written row, but not for a locked one.
CREATE OR REPLACE FUNCTION complete_purchase(
    p_purchase_id uuid, p_reference text, p_amount_minor bigint, p_currency text, p_refund_id uuid, p_time_zone text,
    p_now timestamptz
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    b purchases;
    v_failure text;
BEGIN
    SELECT p.* INTO b FROM purchases p WHERE p.id = p_purchase_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN 'no_purchase';
    ELSIF b.payment_id <> p_reference THEN
        RETURN 'another_payment';
    ELSIF b.total_minor <> p_amount_minor OR b.currency <> p_currency THEN
        RETURN 'another_amount';
    ELSIF b.status = 'failed' THEN
        RETURN 'failed';
    ELSIF b.status <> 'pending' THEN
        RETURN 'before';
    END IF;
    v_failure := why_not_sold(p_user_id => b.user_id, p_application_id => b.application_id);
    IF v_failure IS NOT NULL THEN
        PERFORM fail_purchase(
            p_purchase_id => b.id, p_reference => p_reference, p_failure => v_failure, p_now => p_now
        );
        PERFORM refund_payment(
            p_purchase_id => b.id, p_reference => p_reference, p_refund_id => p_refund_id, p_now => p_now
        );
        RETURN 'refunding';
    END IF;
    PERFORM lock_subscriptions(p_user_id => b.user_id, p_tariff_id => b.tariff_id);
    UPDATE applications a SET state = 'used', updated_at = p_now
    WHERE a.id = b.application_id AND a.state = 'paying';
    INSERT INTO ledger (at, purchase_id, kind, reference, amount_minor, currency)
    VALUES (p_now, b.id, 'payment', p_reference, b.total_minor, b.currency);
    UPDATE purchases p SET status = 'paid', payment_id = p_reference, check_at = NULL, updated_at = p_now
    WHERE p.id = b.id;
    PERFORM subscribe(
        p_purchase_id => b.id, p_user_id => b.user_id, p_tariff_id => b.tariff_id,
        p_months => b.period_months, p_days => b.trial_days, p_time_zone => p_time_zone,
        p_now => p_now
    );
    RETURN 'paid';
END $$;
