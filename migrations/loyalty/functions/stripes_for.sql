-- The number of stripes of a counter: one for every 16 uses, at most 32. Few uses need few stripes; how many discounts
-- a budget covers is not known in advance.
CREATE OR REPLACE FUNCTION stripes_for(p_total_limit bigint) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN p_total_limit IS NULL THEN 32 ELSE greatest(1, least(32, p_total_limit / 16))::integer END
$$;
