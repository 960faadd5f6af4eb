-- Keeps that a member of staff has typed one of the texts `p_codes` and was answered that there is such a promo code. Of
-- those that have it now, whichever was meant, the unlisted ones that are new to the person are recorded as looked up: in
-- what call, `p_by`, about which user, and why, if that was said.
CREATE OR REPLACE FUNCTION record_typed_code(
    p_actor_id uuid, p_at timestamptz, p_codes text[], p_by text, p_user_id uuid, p_reason text
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO staff_changes (at, actor_id, resource, resource_id, action, details, user_id, reason)
    SELECT p_at, p_actor_id, 'promo_code', new.id::text, 'look_up', jsonb_build_object('by', p_by), p_user_id, p_reason
    FROM unnest(keep_insider(
        p_actor_id => p_actor_id, p_at => p_at, p_promotion_id => NULL,
        p_code_ids => ARRAY(
            SELECT c.id FROM promo_codes c JOIN promotions p ON p.id = c.promotion_id
            WHERE c.code = ANY (p_codes)
                AND is_unlisted(p_listed => p.listed, p_batch_id => c.batch_id, p_user_id => c.user_id)
        )
    )) AS new (id);
END $$;
