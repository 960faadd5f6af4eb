-- Ends a paid purchase: its subscription ends at once, those that follow it move up, and the use of the code is released
-- if the promotion says so. `p_status` is the purchase's new status, `refunded` or `revoked`, and the reason for which
-- the use is released. The caller has locked the purchase.
CREATE OR REPLACE FUNCTION end_purchase(p_purchase_id uuid, p_status text, p_now timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    b purchases;
    s subscriptions;
    v_later record;
BEGIN
    SELECT p.* INTO STRICT b FROM purchases p WHERE p.id = p_purchase_id;
    PERFORM lock_subscriptions(p_user_id => b.user_id, p_tariff_id => b.tariff_id);
    PERFORM release_uses(
        p_application_ids => ARRAY[a.id], p_from => 'used', p_to => 'cancelled', p_cancel_reason => p_status,
        p_now => p_now
    )
    FROM applications a JOIN promotions p ON p.id = a.promotion_id
    WHERE a.id = b.application_id AND p.refund_returns_use;
    UPDATE purchases p SET status = p_status, updated_at = p_now WHERE p.id = b.id;
    SELECT o.* INTO STRICT s FROM subscriptions o WHERE o.purchase_id = b.id;
    IF s.ends_at <= p_now THEN
        RETURN;
    END IF;
    UPDATE subscriptions o SET ends_at = greatest(s.starts_at, p_now), months = 0 WHERE o.purchase_id = b.id
    RETURNING o.ends_at, o.months INTO s.ends_at, s.months;
    IF s.starts_at >= p_now THEN
        -- What follows continues the chain that this one continued.
        SELECT o.* INTO s FROM subscriptions o
        WHERE o.user_id = b.user_id AND o.tariff_id = b.tariff_id AND o.ends_at = s.starts_at AND o.purchase_id <> b.id
        ORDER BY o.starts_at DESC LIMIT 1;
        IF NOT FOUND THEN
            SELECT o.* INTO STRICT s FROM subscriptions o WHERE o.purchase_id = b.id;
        END IF;
    END IF;
    FOR v_later IN
        SELECT o.purchase_id, o.time_zone, p.period_months, p.trial_days
        FROM subscriptions o JOIN purchases p ON p.id = o.purchase_id
        WHERE o.user_id = b.user_id AND o.tariff_id = b.tariff_id AND o.starts_at >= s.ends_at
            AND o.purchase_id NOT IN (b.id, s.purchase_id) AND o.ends_at > o.starts_at
        ORDER BY o.starts_at
    LOOP
        UPDATE subscriptions o
        SET starts_at = s.ends_at, ends_at = e.ends_at, anchor = e.anchor, months = e.months
        FROM period_end(
            p_starts_at => s.ends_at, p_time_zone => v_later.time_zone, p_months => v_later.period_months,
            p_days => v_later.trial_days, p_anchor => s.anchor,
            p_months_before => CASE WHEN s.time_zone = v_later.time_zone THEN s.months END
        ) AS e
        WHERE o.purchase_id = v_later.purchase_id
        RETURNING o.* INTO s;
    END LOOP;
    -- Periods without a length, which were ended before they began, do not outlast the others.
    UPDATE subscriptions o SET starts_at = s.ends_at, ends_at = s.ends_at
    WHERE o.user_id = b.user_id AND o.tariff_id = b.tariff_id AND o.starts_at = o.ends_at AND o.ends_at > s.ends_at;
END $$;
