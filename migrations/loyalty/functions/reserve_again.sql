-- Reserves the use of a released application again, and marks the application as used. False, with nothing changed,
-- when the limits of the code, its promotion, the campaign or the person leave none. The limit per user counts in the
-- period in which the application was created, unless it was waived. The caller has locked the user. Raises LS001 as reserve_promotion does:
-- retry in another transaction.
CREATE OR REPLACE FUNCTION reserve_again(p_application_id uuid, p_now timestamptz) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    a applications;
    p promotions;
    m campaigns;
    v_period text;
    v_since timestamptz := timestamptz '-infinity';
    v_until timestamptz := timestamptz 'infinity';
    v_uses bigint;
    v_max_uses bigint;
    v_code_counted boolean := false;
    v_stripe smallint;
    v_campaign_stripe smallint;
BEGIN
    SELECT o.* INTO STRICT a FROM applications o WHERE o.id = p_application_id;
    SELECT o.* INTO STRICT p FROM promotions o WHERE o.id = a.promotion_id;
    IF p.per_user_limit IS NOT NULL AND 'user_limit_reached' <> ALL (coalesce(a.waived, '{}')) THEN
        v_period := p.per_user_period;
        IF v_period <> 'lifetime' THEN
            -- ISO weeks: they begin on Monday.
            v_since := date_trunc(v_period, a.created_at AT TIME ZONE p.time_zone) AT TIME ZONE p.time_zone;
            v_until := (date_trunc(v_period, a.created_at AT TIME ZONE p.time_zone) + ('1 ' || v_period)::interval)
                AT TIME ZONE p.time_zone;
        END IF;
        SELECT count(*) INTO v_uses FROM applications o
        WHERE o.person_id = a.person_id AND o.promotion_id = a.promotion_id
            AND o.state IN ('applied', 'paying', 'used') AND o.created_at >= v_since AND o.created_at < v_until;
        IF v_uses >= p.per_user_limit THEN
            RETURN false;
        END IF;
    END IF;
    BEGIN
        UPDATE promo_codes c SET uses = c.uses + 1 WHERE c.id = a.code_id AND c.uses < c.max_uses;
        v_code_counted := FOUND;
        IF NOT v_code_counted THEN
            SELECT c.max_uses INTO v_max_uses FROM promo_codes c WHERE c.id = a.code_id;
            IF v_max_uses IS NOT NULL THEN
                RAISE EXCEPTION 'no use is left' USING ERRCODE = 'LU002';
            END IF;
        END IF;
        v_stripe := reserve_promotion(
            p_promotion_id => p.id, p_total_limit => p.total_limit, p_budget_minor => p.budget_minor,
            p_discount_minor => a.price_minor - a.total_minor
        );
        IF v_stripe IS NULL THEN
            RAISE EXCEPTION 'no use is left' USING ERRCODE = 'LU002';
        END IF;
        IF a.campaign_id IS NOT NULL THEN
            SELECT o.* INTO STRICT m FROM campaigns o WHERE o.id = a.campaign_id;
            v_campaign_stripe := reserve_campaign(
                p_campaign_id => m.id, p_total_limit => m.total_limit, p_budget_minor => m.budget_minor,
                p_discount_minor => a.price_minor - a.total_minor
            );
            IF v_campaign_stripe IS NULL THEN
                RAISE EXCEPTION 'no use is left' USING ERRCODE = 'LU002';
            END IF;
        END IF;
        UPDATE applications o SET state = 'used', cancel_reason = NULL, updated_at = p_now, stripe = v_stripe,
            campaign_stripe = v_campaign_stripe, code_counted = v_code_counted
        WHERE o.id = a.id AND o.state IN ('cancelled', 'expired');
        IF NOT FOUND THEN
            RAISE EXCEPTION 'the application % was not released', a.id;
        END IF;
        RETURN true;
    EXCEPTION
        WHEN unique_violation OR SQLSTATE 'LU002' THEN
            -- The person has had a trial meanwhile, or the counters leave none: the reservation is undone.
            RETURN false;
    END;
END $$;
