-- Keeps that a member of staff has made, changed or seen a promotion or codes. Returns the codes that are new to the person.
CREATE OR REPLACE FUNCTION keep_insider(
    p_actor_id uuid, p_at timestamptz, p_promotion_id bigint, p_code_ids bigint[]
) RETURNS bigint[] LANGUAGE sql AS $$
    WITH kept AS (
        INSERT INTO insiders (person_id, promotion_id, code_id, since)
        SELECT person_of(p_actor_id), k.promotion_id, k.code_id, p_at
        FROM (
            SELECT p_promotion_id AS promotion_id, NULL::bigint AS code_id WHERE p_promotion_id IS NOT NULL
            UNION ALL
            SELECT NULL, c.id FROM unnest(p_code_ids) AS c (id)
        ) AS k
        -- Always in one order, so that two of the same person do not wait for each other.
        ORDER BY k.promotion_id, k.code_id
        ON CONFLICT DO NOTHING
        RETURNING code_id
    )
    SELECT coalesce(array_agg(k.code_id ORDER BY k.code_id) FILTER (WHERE k.code_id IS NOT NULL), '{}') FROM kept k
$$;
