-- Processes a payment that succeeded after its purchase had failed. The sale is kept if the user is active, the limits
-- still allow its use, and a promo code for first purchases still finds none; otherwise the payment is refunded by the refund `p_refund_id`. The outcome: 'kept',
-- 'refunding', or 'before' when this payment, or another, was processed earlier.
CREATE OR REPLACE FUNCTION accept_late_payment(
    p_purchase_id uuid, p_reference text, p_refund_id uuid, p_time_zone text, p_now timestamptz
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    b purchases;
    v_kept boolean;
BEGIN
    SELECT p.* INTO STRICT b FROM purchases p WHERE p.id = p_purchase_id FOR NO KEY UPDATE;
    IF b.status <> 'failed' OR EXISTS (SELECT FROM ledger l WHERE l.purchase_id = b.id AND l.kind = 'payment') THEN
        RETURN 'before';
    END IF;
    v_kept := why_not_sold(p_user_id => b.user_id, p_application_id => b.application_id) IS NULL;
    IF v_kept THEN
        PERFORM lock_subscriptions(p_user_id => b.user_id, p_tariff_id => b.tariff_id);
    END IF;
    IF v_kept AND b.application_id IS NOT NULL THEN
        v_kept := reserve_again(p_application_id => b.application_id, p_now => p_now);
    END IF;
    IF NOT v_kept THEN
        PERFORM refund_payment(
            p_purchase_id => b.id, p_reference => p_reference, p_refund_id => p_refund_id, p_now => p_now
        );
        UPDATE purchases p SET check_at = NULL WHERE p.id = b.id;
        RETURN 'refunding';
    END IF;
    INSERT INTO ledger (at, purchase_id, kind, reference, amount_minor, currency)
    VALUES (p_now, b.id, 'payment', p_reference, b.total_minor, b.currency);
    UPDATE purchases p SET status = 'paid', failure = NULL, check_at = NULL, updated_at = p_now WHERE p.id = b.id;
    PERFORM subscribe(
        p_purchase_id => b.id, p_user_id => b.user_id, p_tariff_id => b.tariff_id,
        p_months => b.period_months, p_days => b.trial_days, p_time_zone => p_time_zone,
        p_now => p_now
    );
    RETURN 'kept';
END $$;
