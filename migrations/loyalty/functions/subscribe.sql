-- Creates the subscription of a purchase. It begins when the user's subscription to the same tariff ends, so concurrent
-- calls wait for each other. Months are calendar months: 31 January plus one month is 28 or 29 February.
CREATE OR REPLACE FUNCTION subscribe(
    p_purchase_id uuid, p_user_id uuid, p_tariff_id bigint, p_months integer, p_days integer, p_now timestamptz,
    OUT starts_at timestamptz, OUT ends_at timestamptz
) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_subscriptions(p_user_id => p_user_id, p_tariff_id => p_tariff_id);
    SELECT greatest(p_now, max(s.ends_at)) INTO starts_at FROM subscriptions s
    WHERE s.user_id = p_user_id AND s.tariff_id = p_tariff_id;
    ends_at := (starts_at AT TIME ZONE 'UTC'
        + make_interval(months => coalesce(p_months, 0), days => coalesce(p_days, 0))) AT TIME ZONE 'UTC';
    INSERT INTO subscriptions (purchase_id, user_id, tariff_id, starts_at, ends_at)
    VALUES (p_purchase_id, p_user_id, p_tariff_id, subscribe.starts_at, subscribe.ends_at);
END $$;
