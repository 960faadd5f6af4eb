-- Creates the subscription of a purchase. It begins when the user's subscription to the same tariff ends, so concurrent
-- calls wait for each other. See period_end for its end.
CREATE OR REPLACE FUNCTION subscribe(
    p_purchase_id uuid, p_user_id uuid, p_tariff_id bigint, p_months integer, p_days integer, p_time_zone text,
    p_now timestamptz,
    OUT starts_at timestamptz, OUT ends_at timestamptz
) LANGUAGE plpgsql AS $$
DECLARE
    v_before subscriptions;
    v_anchor timestamp;
    v_months integer;
BEGIN
    PERFORM lock_subscriptions(p_user_id => p_user_id, p_tariff_id => p_tariff_id);
    -- Not one that was ended before it began: the chain goes on from the one before it.
    SELECT s.* INTO v_before FROM subscriptions s
    WHERE s.user_id = p_user_id AND s.tariff_id = p_tariff_id AND s.ends_at > s.starts_at
    ORDER BY s.ends_at DESC, s.starts_at DESC LIMIT 1;
    starts_at := greatest(p_now, v_before.ends_at);
    SELECT e.ends_at, e.anchor, e.months INTO ends_at, v_anchor, v_months
    FROM period_end(
        p_starts_at => subscribe.starts_at, p_time_zone => p_time_zone, p_months => p_months, p_days => p_days,
        p_anchor => v_before.anchor,
        p_months_before => CASE
            WHEN v_before.ends_at = subscribe.starts_at AND v_before.time_zone = p_time_zone THEN v_before.months
        END
    ) AS e;
    INSERT INTO subscriptions (purchase_id, user_id, tariff_id, starts_at, ends_at, time_zone, anchor, months)
    VALUES (p_purchase_id, p_user_id, p_tariff_id, subscribe.starts_at, subscribe.ends_at, p_time_zone, v_anchor, v_months);
END $$;
