-- Reserves a use of a promo code and creates the application, if the user is active, the facts of the decision still
-- hold, and the limits leave a use; otherwise `expires_at` is NULL: load the facts and decide again. The versions, the
-- user's status and applications and every limit are checked again, so a decision may be made from cached facts. Groups
-- are not, and earlier purchases only as far as applications show them: for a promotion that depends on them, load the
-- facts right before.
--
-- Locks are taken in the order that all functions follow: the user, the code, the promotion's stripes, the campaign's,
-- applications. The lock on the user makes a change of status wait, and then see this application, which it cancels;
-- and it serializes the uses of one person, which makes the limit per user exact.
CREATE OR REPLACE FUNCTION reserve_use(
    p_application_id uuid, p_user_id uuid, p_code_id bigint, p_tariff_id bigint,
    -- Of the code, the promotion, the tariff and the campaign (NULL without a campaign).
    p_versions integer[],
    p_now timestamptz, p_total_minor bigint,
    -- When the period of the limit per user began.
    p_uses_since timestamptz,
    p_rule_set smallint, p_observed jsonb,
    -- How many unused applications a person may have within a day, where uses are limited.
    p_max_unused integer,
    -- Of an application that staff make: who and why, the rules that are waived, and how long the use is held, if not as
    -- long as the promotion says. NULL for users.
    p_applied_by uuid DEFAULT NULL, p_reason text DEFAULT NULL, p_waived text[] DEFAULT NULL,
    p_hold_minutes integer DEFAULT NULL,
    OUT expires_at timestamptz,
    -- The usage before, where there is a limit.
    OUT taken bigint, OUT spent_minor bigint, OUT campaign_taken bigint, OUT campaign_spent_minor bigint
) LANGUAGE plpgsql
SET enable_seqscan = off SET jit = off AS $$
DECLARE
    v_person_id uuid;
    v_max_uses bigint;
    v_promotion_id bigint;
    v_total_limit bigint;
    v_budget_minor bigint;
    v_per_user_limit integer;
    v_hold_minutes integer;
    v_trial_days integer;
    v_first_purchase boolean;
    v_price_minor bigint;
    v_currency text;
    v_campaign_id bigint;
    v_campaign_limit bigint;
    v_campaign_budget_minor bigint;
    v_discount_minor bigint;
    v_uses bigint;
    v_code_uses bigint;
    v_holds_another boolean;
    v_had_trial boolean;
    v_had_first boolean;
    v_unused bigint;
    v_is_insider boolean;
    v_stripe smallint;
    v_campaign_stripe smallint;
BEGIN
    SELECT coalesce(u.first_account_id, u.id), c.max_uses, p.id, p.total_limit, p.budget_minor, p.per_user_limit,
        p.hold_minutes, p.effect_days, p.first_purchase IS NOT NULL, t.price_minor, t.currency, m.id, m.total_limit, m.budget_minor
    INTO v_person_id, v_max_uses, v_promotion_id, v_total_limit, v_budget_minor, v_per_user_limit,
        v_hold_minutes, v_trial_days, v_first_purchase, v_price_minor, v_currency, v_campaign_id, v_campaign_limit,
        v_campaign_budget_minor
    FROM users u
    JOIN promo_codes c ON c.id = p_code_id
    JOIN promotions p ON p.id = c.promotion_id
    JOIN tariffs t ON t.id = p_tariff_id
    LEFT JOIN campaigns m ON m.id = p.campaign_id
    WHERE u.id = p_user_id AND u.status = 'active' AND c.version = p_versions[1] AND p.version = p_versions[2]
        AND t.version = p_versions[3] AND m.version IS NOT DISTINCT FROM p_versions[4]
    FOR NO KEY UPDATE OF u;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF p_waived IS NOT NULL THEN
        -- What is waived is not counted; nor is it a first purchase when it is bought.
        v_first_purchase := v_first_purchase AND 'not_first_purchase' <> ALL (p_waived);
        v_per_user_limit := CASE WHEN 'user_limit_reached' <> ALL (p_waived) THEN v_per_user_limit END;
        p_max_unused := CASE WHEN 'too_many_unused_applications' <> ALL (p_waived) THEN p_max_unused END;
    END IF;
    -- A separate statement: it sees what was committed before the lock was granted.
    SELECT
        EXISTS (
            SELECT FROM applications a
            WHERE a.user_id = p_user_id AND a.tariff_id = p_tariff_id AND a.state IN ('applied', 'paying')
        ),
        CASE WHEN v_per_user_limit IS NOT NULL THEN (
            SELECT count(*) FROM applications a
            WHERE a.person_id = v_person_id AND a.promotion_id = v_promotion_id
                AND a.state IN ('applied', 'paying', 'used') AND a.created_at >= p_uses_since
        ) END,
        v_trial_days IS NOT NULL AND EXISTS (
            SELECT FROM applications a
            WHERE a.person_id = v_person_id AND a.trial_days IS NOT NULL AND a.state IN ('applied', 'paying', 'used')
        ),
        v_first_purchase AND EXISTS (
            SELECT FROM applications a
            WHERE a.person_id = v_person_id AND a.first_purchase AND a.state IN ('applied', 'paying', 'used')
        ),
        CASE
            WHEN num_nonnulls(v_total_limit, v_budget_minor, v_campaign_limit, v_campaign_budget_minor, v_max_uses) > 0
            THEN unused_applications(p_person_id => v_person_id, p_promotion_id => v_promotion_id, p_at => p_now)
        END,
        -- Looking a code up changes no version.
        CASE WHEN EXISTS (SELECT FROM insiders i WHERE i.person_id = v_person_id) THEN
            known_since(p_person_id => v_person_id, p_promotion_id => v_promotion_id, p_code_id => p_code_id) IS NOT NULL
        END
    INTO v_holds_another, v_uses, v_had_trial, v_had_first, v_unused, v_is_insider;
    IF v_holds_another OR v_had_trial OR v_had_first OR v_is_insider OR v_uses >= v_per_user_limit OR v_unused >= p_max_unused THEN
        RETURN;
    END IF;

    v_discount_minor := v_price_minor - p_total_minor;
    IF v_max_uses IS NOT NULL THEN
        UPDATE promo_codes c SET uses = c.uses + 1 WHERE c.id = p_code_id AND c.uses < c.max_uses
        RETURNING c.uses - 1 INTO v_code_uses;
        IF NOT FOUND THEN
            RETURN;
        END IF;
        p_observed := p_observed || jsonb_build_object('code_uses', v_code_uses);
    END IF;
    v_stripe := reserve_promotion(
        p_promotion_id => v_promotion_id, p_total_limit => v_total_limit, p_budget_minor => v_budget_minor,
        p_discount_minor => v_discount_minor
    );
    IF v_stripe IS NOT NULL AND v_campaign_id IS NOT NULL THEN
        v_campaign_stripe := reserve_campaign(
            p_campaign_id => v_campaign_id, p_total_limit => v_campaign_limit,
            p_budget_minor => v_campaign_budget_minor, p_discount_minor => v_discount_minor
        );
    END IF;
    IF v_stripe IS NULL OR (v_campaign_id IS NOT NULL AND v_campaign_stripe IS NULL) THEN
        -- Undoes the reservations in the other counters.
        RAISE EXCEPTION 'a limit leaves no use' USING ERRCODE = 'LS001';
    END IF;
    IF num_nonnulls(v_total_limit, v_budget_minor) > 0 THEN
        SELECT sum(s.taken)::bigint - 1, sum(s.spent_minor)::bigint - v_discount_minor INTO taken, spent_minor
        FROM promotion_usage s WHERE s.promotion_id = v_promotion_id;
        p_observed := p_observed || jsonb_build_object('taken', taken, 'spent_minor', spent_minor);
    END IF;
    IF num_nonnulls(v_campaign_limit, v_campaign_budget_minor) > 0 THEN
        SELECT sum(s.taken)::bigint - 1, sum(s.spent_minor)::bigint - v_discount_minor INTO campaign_taken, campaign_spent_minor
        FROM campaign_usage s WHERE s.campaign_id = v_campaign_id;
        p_observed := p_observed
            || jsonb_build_object('campaign_taken', campaign_taken, 'campaign_spent_minor', campaign_spent_minor);
    END IF;
    IF v_uses > 0 THEN
        p_observed := p_observed || jsonb_build_object('uses', v_uses);
    END IF;
    IF v_unused > 0 THEN
        p_observed := p_observed || jsonb_build_object('unused', v_unused);
    END IF;
    expires_at := p_now + make_interval(mins => coalesce(p_hold_minutes, v_hold_minutes));
    INSERT INTO applications (id, user_id, person_id, code_id, promotion_id, campaign_id, tariff_id, price_minor,
        total_minor, created_at, expires_at, updated_at, trial_days, code_version, promotion_version, tariff_version,
        campaign_version, rule_set, stripe, campaign_stripe, code_counted, first_purchase, currency, state, observed,
        applied_by, waived, reason)
    VALUES (p_application_id, p_user_id, v_person_id, p_code_id, v_promotion_id, v_campaign_id, p_tariff_id,
        v_price_minor, p_total_minor, p_now, reserve_use.expires_at, p_now, v_trial_days,
        p_versions[1], p_versions[2], p_versions[3], p_versions[4], p_rule_set, v_stripe, v_campaign_stripe,
        v_max_uses IS NOT NULL, v_first_purchase, v_currency, 'applied', p_observed, p_applied_by, p_waived, p_reason);
END $$;
