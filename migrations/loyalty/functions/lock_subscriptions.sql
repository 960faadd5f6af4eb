-- Serializes changes to a user's subscriptions to a tariff until the transaction ends. Its place in the order of locks:
-- after the purchase and the user, before codes and counters.
CREATE OR REPLACE FUNCTION lock_subscriptions(p_user_id uuid, p_tariff_id bigint) RETURNS void LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock(hashtextextended(p_user_id::text, p_tariff_id))
$$;
