-- Reserves one use with this discount in a campaign's counter and returns its stripe; NULL when the limits leave none.
-- Raises LS001 when a concurrent transaction interfered and the answer is unknown. Retry once the locks of this attempt
-- are released: in another transaction, or after the subtransaction that the error ends.
--
-- Each server connection has a stripe of its own, so that reservations rarely wait for each other. When that stripe has
-- nothing left, all are locked, and the use comes from any that has one, after consolidating what is left if no single
-- stripe has enough.
CREATE OR REPLACE FUNCTION reserve_campaign(
    p_campaign_id bigint, p_total_limit bigint, p_budget_minor bigint, p_discount_minor bigint
) RETURNS smallint LANGUAGE plpgsql AS $$
DECLARE
    v_stripe smallint := (pg_backend_pid() % stripes_for(p_total_limit))::smallint;
BEGIN
    IF p_total_limit IS NULL AND p_budget_minor IS NULL THEN
        UPDATE campaign_usage SET taken = taken + 1, spent_minor = spent_minor + p_discount_minor
        WHERE campaign_id = p_campaign_id AND stripe = v_stripe AND quota IS NULL AND quota_minor IS NULL;
        IF FOUND THEN
            RETURN v_stripe;
        END IF;
        -- Nobody sees an uncommitted stripe: a change of the limit waits for this lock, or is visible here.
        PERFORM FROM campaigns m
        WHERE m.id = p_campaign_id AND m.total_limit IS NULL AND m.budget_minor IS NULL FOR SHARE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'the campaign has a limit by now' USING ERRCODE = 'LS001';
        END IF;
        INSERT INTO campaign_usage AS u (campaign_id, stripe, taken, spent_minor)
        VALUES (p_campaign_id, v_stripe, 1, p_discount_minor)
        ON CONFLICT (campaign_id, stripe) DO UPDATE
            SET taken = u.taken + 1, spent_minor = u.spent_minor + p_discount_minor
            WHERE u.quota IS NULL AND u.quota_minor IS NULL;
        IF FOUND THEN
            RETURN v_stripe;
        END IF;
        RAISE EXCEPTION 'the campaign has a limit by now' USING ERRCODE = 'LS001';
    END IF;
    -- The caller may have read the limits before one was added: a stripe that has a quota for it is left to the lock below.
    -- Checked first: an UPDATE that waits for a stripe and then finds no room keeps its lock, and locking all in order
    -- after that would deadlock two such reservations.
    IF EXISTS (
        SELECT FROM campaign_usage
        WHERE campaign_id = p_campaign_id AND stripe = v_stripe
            AND CASE WHEN p_total_limit IS NULL THEN quota IS NULL ELSE taken < quota END
            AND CASE WHEN p_budget_minor IS NULL THEN quota_minor IS NULL
                ELSE spent_minor + p_discount_minor <= quota_minor END
    ) THEN
        UPDATE campaign_usage SET taken = taken + 1, spent_minor = spent_minor + p_discount_minor
        WHERE campaign_id = p_campaign_id AND stripe = v_stripe
            AND CASE WHEN p_total_limit IS NULL THEN quota IS NULL ELSE taken < quota END
            AND CASE WHEN p_budget_minor IS NULL THEN quota_minor IS NULL
                ELSE spent_minor + p_discount_minor <= quota_minor END;
        IF FOUND THEN
            RETURN v_stripe;
        END IF;
        RAISE EXCEPTION 'another transaction has reserved what was left in the stripe' USING ERRCODE = 'LS001';
    END IF;
    PERFORM FROM campaign_usage WHERE campaign_id = p_campaign_id ORDER BY stripe FOR UPDATE;
    -- Under the lock, the limits are those that the quotas add up to; the caller may have read earlier ones.
    SELECT m.total_limit, m.budget_minor INTO p_total_limit, p_budget_minor FROM campaigns m WHERE m.id = p_campaign_id;
    FOR v_try IN 1..2 LOOP
        SELECT stripe INTO v_stripe FROM campaign_usage
        WHERE campaign_id = p_campaign_id
            AND (p_total_limit IS NULL OR taken < quota)
            AND (p_budget_minor IS NULL OR spent_minor + p_discount_minor <= quota_minor)
        ORDER BY stripe LIMIT 1;
        EXIT WHEN FOUND;
        IF v_try = 2 OR p_budget_minor IS NULL THEN
            RETURN NULL;
        END IF;
        PERFORM rebalance_campaign(
            p_campaign_id => p_campaign_id, p_total_limit => p_total_limit, p_budget_minor => p_budget_minor,
            p_stripes => 1
        );
    END LOOP;
    UPDATE campaign_usage SET taken = taken + 1, spent_minor = spent_minor + p_discount_minor
    WHERE campaign_id = p_campaign_id AND stripe = v_stripe;
    RETURN v_stripe;
END $$;
