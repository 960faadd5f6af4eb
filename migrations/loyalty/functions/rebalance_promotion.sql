-- Makes the quotas of a promotion's stripes add up to its limits again. What is left goes to the first `p_stripes`
-- stripes in equal shares; when the limit is exceeded, every quota is 0 and no stripe has a use left.
CREATE OR REPLACE FUNCTION rebalance_promotion(
    p_promotion_id bigint, p_total_limit bigint, p_budget_minor bigint, p_stripes integer
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO promotion_usage (promotion_id, stripe)
    SELECT p_promotion_id, n FROM generate_series(0, p_stripes - 1) AS n
    ON CONFLICT DO NOTHING;
    PERFORM FROM promotion_usage WHERE promotion_id = p_promotion_id ORDER BY stripe FOR UPDATE;
    UPDATE promotion_usage u
    SET quota = stripe_quota(p_total_limit, total.taken, u.taken, p_stripes, u.stripe),
        quota_minor = stripe_quota(p_budget_minor, total.spent_minor, u.spent_minor, p_stripes, u.stripe)
    FROM (
        SELECT sum(taken)::bigint AS taken, sum(spent_minor)::bigint AS spent_minor
        FROM promotion_usage WHERE promotion_id = p_promotion_id
    ) AS total
    WHERE u.promotion_id = p_promotion_id;
END $$;
