-- How many of the person's applications of a promotion, made in the 24 hours before `p_at`, had by then kept a use from
-- others for nothing: they expired, alone or with their payment, or were cancelled after half of their time. Those that
-- staff made are not held against the user.
CREATE OR REPLACE FUNCTION unused_applications(p_person_id uuid, p_promotion_id bigint, p_at timestamptz) RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT (
        SELECT count(*) FROM applications a
        WHERE a.person_id = p_person_id AND a.promotion_id = p_promotion_id AND a.state IN ('cancelled', 'expired')
            AND a.created_at > p_at - interval '24 hours' AND a.updated_at <= p_at AND a.applied_by IS NULL
            AND (a.state = 'expired' OR a.cancel_reason = 'payment_expired'
                OR (a.cancel_reason = 'user' AND a.updated_at - a.created_at >= (a.expires_at - a.created_at) / 2))
    ) + (
        -- Expired, and not released yet.
        SELECT count(*) FROM applications a
        WHERE a.person_id = p_person_id AND a.promotion_id = p_promotion_id AND a.state IN ('applied', 'paying', 'used')
            AND a.created_at > p_at - interval '24 hours' AND a.state = 'applied' AND a.expires_at <= p_at
            AND a.applied_by IS NULL
    )
$$;
