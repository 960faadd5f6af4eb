-- Moves applications from one state to another in which they hold no use, and releases each use once: in the code's own
-- counter if it counts there, and in the stripes of the promotion and the campaign that it came from, with its
-- discount. Returns the applications that were in the state `p_from`; of those that are to expire, only those whose time
-- is over: staff may have extended one since it was found. Every release of a use goes through this function.
--
-- Locks are taken in the order that all functions follow: codes by ID, stripes of promotions, stripes of campaigns,
-- applications. A counter above its limit has quotas of 0 until enough is released, so its quotas are computed again,
-- which locks all its stripes in order: the locks are released and taken again for that.
CREATE OR REPLACE FUNCTION release_uses(
    p_application_ids uuid[], p_from text, p_to text, p_cancel_reason text, p_now timestamptz
) RETURNS SETOF uuid LANGUAGE plpgsql
SET enable_seqscan = off SET jit = off AS $$
DECLARE
    v_ids uuid[];
    v_any_counted boolean;
    v_any_campaign boolean;
    -- Those whose stripes must all be locked.
    v_promotion_ids bigint[] := ARRAY[]::bigint[];
    v_campaign_ids bigint[] := ARRAY[]::bigint[];
    v_over_ids bigint[];
    v_over_campaign_ids bigint[] := ARRAY[]::bigint[];
BEGIN
    SELECT array_agg(a.id), bool_or(a.code_counted), bool_or(a.campaign_id IS NOT NULL)
    INTO v_ids, v_any_counted, v_any_campaign
    FROM applications a WHERE a.id = ANY (p_application_ids) AND a.state = p_from;
    IF v_ids IS NULL THEN
        RETURN;
    END IF;
    LOOP
        BEGIN
            IF v_any_counted THEN
                PERFORM FROM promo_codes c
                WHERE c.id IN (SELECT a.code_id FROM applications a WHERE a.id = ANY (v_ids) AND a.code_counted)
                ORDER BY c.id FOR NO KEY UPDATE;
            END IF;
            PERFORM FROM (
                SELECT a.promotion_id, a.stripe FROM applications a WHERE a.id = ANY (v_ids)
                UNION
                SELECT o.promotion_id, o.stripe FROM promotion_usage o WHERE o.promotion_id = ANY (v_promotion_ids)
            ) AS touched
            JOIN promotion_usage s ON s.promotion_id = touched.promotion_id AND s.stripe = touched.stripe
            ORDER BY s.promotion_id, s.stripe FOR UPDATE OF s;
            SELECT coalesce(array_agg(DISTINCT s.promotion_id), '{}') INTO v_over_ids
            FROM applications a
            JOIN promotion_usage s ON s.promotion_id = a.promotion_id AND s.stripe = a.stripe
            WHERE a.id = ANY (v_ids) AND (s.taken > s.quota OR s.spent_minor > s.quota_minor);
            IF v_any_campaign THEN
                PERFORM FROM (
                    SELECT a.campaign_id, a.campaign_stripe AS stripe FROM applications a WHERE a.id = ANY (v_ids)
                    UNION
                    SELECT o.campaign_id, o.stripe FROM campaign_usage o WHERE o.campaign_id = ANY (v_campaign_ids)
                ) AS touched
                JOIN campaign_usage s ON s.campaign_id = touched.campaign_id AND s.stripe = touched.stripe
                ORDER BY s.campaign_id, s.stripe FOR UPDATE OF s;
                SELECT coalesce(array_agg(DISTINCT s.campaign_id), '{}') INTO v_over_campaign_ids
                FROM applications a
                JOIN campaign_usage s ON s.campaign_id = a.campaign_id AND s.stripe = a.campaign_stripe
                WHERE a.id = ANY (v_ids) AND (s.taken > s.quota OR s.spent_minor > s.quota_minor);
            END IF;
            IF NOT (v_over_ids <@ v_promotion_ids AND v_over_campaign_ids <@ v_campaign_ids) THEN
                v_promotion_ids := v_promotion_ids || v_over_ids;
                v_campaign_ids := v_campaign_ids || v_over_campaign_ids;
                RAISE EXCEPTION 'more stripes must be locked' USING ERRCODE = 'LU001';
            END IF;

            IF cardinality(v_ids) > 1 THEN
                PERFORM FROM applications a WHERE a.id = ANY (v_ids) AND a.state = p_from
                ORDER BY a.id FOR NO KEY UPDATE;
            END IF;
            RETURN QUERY WITH released AS (
                UPDATE applications a SET state = p_to, cancel_reason = p_cancel_reason, updated_at = p_now
                WHERE a.id = ANY (v_ids) AND a.state = p_from AND (p_to <> 'expired' OR a.expires_at <= p_now)
                RETURNING a.id, a.code_id, a.code_counted, a.promotion_id, a.stripe, a.campaign_id, a.campaign_stripe,
                    a.price_minor - a.total_minor AS discount_minor
            ), of_codes AS (
                UPDATE promo_codes c SET uses = c.uses - freed.uses
                FROM (
                    SELECT r.code_id, count(*) AS uses FROM released r WHERE r.code_counted GROUP BY r.code_id
                ) AS freed
                WHERE c.id = freed.code_id
            ), of_promotions AS (
                UPDATE promotion_usage s SET taken = s.taken - freed.uses, spent_minor = s.spent_minor - freed.minor
                FROM (
                    SELECT r.promotion_id, r.stripe, count(*) AS uses, sum(r.discount_minor) AS minor
                    FROM released r GROUP BY r.promotion_id, r.stripe
                ) AS freed
                WHERE s.promotion_id = freed.promotion_id AND s.stripe = freed.stripe
            ), of_campaigns AS (
                UPDATE campaign_usage s SET taken = s.taken - freed.uses, spent_minor = s.spent_minor - freed.minor
                FROM (
                    SELECT r.campaign_id, r.campaign_stripe, count(*) AS uses, sum(r.discount_minor) AS minor
                    FROM released r WHERE r.campaign_id IS NOT NULL GROUP BY r.campaign_id, r.campaign_stripe
                ) AS freed
                WHERE s.campaign_id = freed.campaign_id AND s.stripe = freed.campaign_stripe
            )
            SELECT r.id FROM released r;

            IF v_promotion_ids <> '{}' THEN
                PERFORM rebalance_promotion(
                    p_promotion_id => p.id, p_total_limit => p.total_limit, p_budget_minor => p.budget_minor,
                    p_stripes => stripes_for(p.total_limit)
                )
                FROM promotions p WHERE p.id = ANY (v_promotion_ids) ORDER BY p.id;
            END IF;
            IF v_campaign_ids <> '{}' THEN
                PERFORM rebalance_campaign(
                    p_campaign_id => m.id, p_total_limit => m.total_limit, p_budget_minor => m.budget_minor,
                    p_stripes => stripes_for(m.total_limit)
                )
                FROM campaigns m WHERE m.id = ANY (v_campaign_ids) ORDER BY m.id;
            END IF;
            RETURN;
        EXCEPTION WHEN SQLSTATE 'LU001' THEN
            -- The locks of this attempt are released.
            NULL;
        END;
    END LOOP;
END $$;
