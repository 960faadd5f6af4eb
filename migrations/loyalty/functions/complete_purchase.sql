-- Processes a payment that succeeded: marks the purchase as paid and the application as used, and writes the ledger and
-- the subscription. The outcome: 'paid' when this call did it, 'before' when an earlier one had; 'failed' when the
-- purchase has failed meanwhile (see accept_late_payment); 'another_payment', 'another_amount', 'no_purchase' when
-- staff must investigate.
--
-- Rows of purchases are locked first and written last: a request with the same idempotency key would wait for a written
-- row, but not for a locked one.
CREATE OR REPLACE FUNCTION complete_purchase(
    p_purchase_id uuid, p_reference text, p_amount_minor bigint, p_currency text, p_now timestamptz
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    b purchases;
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
    PERFORM lock_subscriptions(p_user_id => b.user_id, p_tariff_id => b.tariff_id);
    UPDATE applications a SET state = 'used', updated_at = p_now
    WHERE a.id = b.application_id AND a.state = 'paying';
    INSERT INTO ledger (at, purchase_id, kind, reference, amount_minor, currency)
    VALUES (p_now, b.id, 'payment', p_reference, b.total_minor, b.currency);
    UPDATE purchases p SET status = 'paid', payment_id = p_reference, updated_at = p_now WHERE p.id = b.id;
    PERFORM subscribe(
        p_purchase_id => b.id, p_user_id => b.user_id, p_tariff_id => b.tariff_id,
        p_months => b.period_months, p_days => b.trial_days, p_now => p_now
    );
    RETURN 'paid';
END $$;
