-- Writes an event about a purchase as it is now: see docs/adr/0017-purchase-events.md.
CREATE OR REPLACE FUNCTION enqueue_purchase_event(
    p_event_id uuid, p_purchase_id uuid, p_refund_minor bigint, p_revoked boolean, p_now timestamptz
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_sequence bigint;
BEGIN
    INSERT INTO purchase_event_counts AS c (user_id, last) SELECT b.user_id, 1 FROM purchases b WHERE b.id = p_purchase_id
    ON CONFLICT (user_id) DO UPDATE SET last = c.last + 1
    RETURNING c.last INTO v_sequence;
    -- A separate statement: the one above waited for the user's earlier events, so this one sees all that is in them.
    INSERT INTO outbox (event_id, user_id, sequence, purchase_id, tariff_id, code_id, price_minor, total_minor,
        currency, starts_at, ends_at, paid_until, refund_minor, refunded_minor, revoked, occurred_at)
    SELECT p_event_id, b.user_id, v_sequence, b.id, b.tariff_id, a.code_id, b.price_minor, b.total_minor, b.currency,
        s.starts_at, s.ends_at,
        (SELECT max(o.ends_at) FROM subscriptions o WHERE o.user_id = b.user_id AND o.tariff_id = b.tariff_id),
        p_refund_minor,
        CASE WHEN p_refund_minor IS NOT NULL THEN (
            SELECT sum(r.amount_minor) FROM refunds r WHERE r.purchase_id = b.id AND r.status = 'succeeded'
        ) END,
        p_revoked, p_now
    FROM purchases b JOIN subscriptions s ON s.purchase_id = b.id LEFT JOIN applications a ON a.id = b.application_id
    WHERE b.id = p_purchase_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the purchase % is paid but has no subscription', p_purchase_id;
    END IF;
END $$;
