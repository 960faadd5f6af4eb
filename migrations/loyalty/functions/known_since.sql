-- Since when the person has known a promotion or its promo code from work as staff; NULL for whoever has not. Callers look
-- first whether there is any row of the person: buyers have none.
CREATE OR REPLACE FUNCTION known_since(p_person_id uuid, p_promotion_id bigint, p_code_id bigint) RETURNS timestamptz
LANGUAGE sql STABLE AS $$
    SELECT least(
        (
            SELECT i.since FROM insiders i
            WHERE i.person_id = p_person_id AND i.promotion_id = p_promotion_id AND i.code_id IS NULL
        ),
        (
            SELECT i.since FROM insiders i
            WHERE i.person_id = p_person_id AND i.promotion_id IS NULL AND i.code_id = p_code_id
        )
    )
$$;
