-- Makes those who change a user's subscriptions to a tariff wait for each other, until the transaction ends. In the order
-- of locks: after the purchase and the user, before codes and counters.
CREATE OR REPLACE FUNCTION lock_subscriptions(p_user_id uuid, p_tariff_id bigint) RETURNS void LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock(hashtextextended(p_user_id::text, p_tariff_id))
$$;
