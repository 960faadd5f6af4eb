-- Keeps that a member of staff has read the texts of unlisted promo codes in an answer, and records those that are new to
-- the person: in one row, under the first of them.
CREATE OR REPLACE FUNCTION record_code_sight(p_actor_id uuid, p_at timestamptz, p_code_ids bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_new_ids CONSTANT bigint[] := keep_insider(
        p_actor_id => p_actor_id, p_at => p_at, p_promotion_id => NULL, p_code_ids => p_code_ids
    );
BEGIN
    IF cardinality(v_new_ids) > 0 THEN
        INSERT INTO staff_changes (at, actor_id, resource, resource_id, action, details)
        VALUES (
            p_at, p_actor_id, 'promo_code', v_new_ids[1]::text, 'read', jsonb_build_object('promocode_ids', v_new_ids)
        );
    END IF;
END $$;
