-- How many stripes a counter has: one for every 16 uses, at most 32. Few uses need few, and a budget's discounts are not
-- known beforehand.
CREATE OR REPLACE FUNCTION stripes_for(p_total_limit bigint) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN p_total_limit IS NULL THEN 32 ELSE greatest(1, least(32, p_total_limit / 16))::integer END
$$;
