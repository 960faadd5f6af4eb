-- Replaces a promotion by `p_promotion`, a row as JSON, if it has the version `p_version`; NULL stands for any. The outcome:
-- 'replaced', also by an earlier call with the same key, and if nothing differs; or, with nothing changed, 'no_promotion',
-- 'changed' (by another request: `version` is the current one), 'archived', 'other_currency' (a budget in one currency, and
-- uses in another), 'unknown' (the fields `unknown` refer to rows that do not exist), 'key_reused'.
CREATE OR REPLACE FUNCTION replace_promotion(
    p_promotion_id bigint, p_version integer, p_promotion jsonb, p_staff staff_request,
    OUT outcome text, OUT version integer, OUT unknown text[]
) LANGUAGE plpgsql AS $$
DECLARE
    v_wanted promotions := jsonb_populate_record(NULL::promotions, p_promotion);
    v_before promotions;
BEGIN
    SELECT f.outcome INTO outcome FROM find_staff_request(p_staff) AS f;
    IF outcome <> 'new' THEN
        outcome := CASE outcome WHEN 'repeated' THEN 'replaced' ELSE outcome END;
        RETURN;
    END IF;
    SELECT p.* INTO v_before FROM promotions p WHERE p.id = p_promotion_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        outcome := 'no_promotion';
        RETURN;
    END IF;
    version := v_before.version;
    -- What staff do not enter.
    v_wanted.id := v_before.id;
    v_wanted.version := v_before.version;
    v_wanted.created_at := v_before.created_at;
    -- Locks the groups: whoever deletes one locks it first.
    unknown := unknown_references(p_promotion => v_wanted, p_before => v_before);
    IF version <> p_version THEN
        outcome := 'changed';
    ELSIF v_wanted IS NOT DISTINCT FROM v_before THEN
        outcome := 'replaced';
        PERFORM keep_staff_request(p_staff => p_staff, p_resource_id => p_promotion_id::text);
        RETURN;
    ELSIF v_before.status = 'archived' THEN
        outcome := 'archived';
    ELSIF v_wanted.budget_minor IS NOT NULL AND EXISTS (
        -- If everything is sold in one currency, the applications are not read.
        SELECT FROM tariffs t WHERE t.currency <> v_wanted.currency
    ) AND EXISTS (
        SELECT FROM applications a WHERE a.promotion_id = v_before.id AND a.currency <> v_wanted.currency
    ) THEN
        outcome := 'other_currency';
    ELSIF cardinality(unknown) > 0 THEN
        outcome := 'unknown';
    ELSE
        outcome := 'replaced';
    END IF;
    IF outcome <> 'replaced' THEN
        RETURN;
    END IF;
    UPDATE promotions AS p SET (title, status, listed, effect, effect_minor, effect_basis_points, effect_cap_minor, effect_days,
        currency, starts_at, ends_at, time_zone, weekdays, hours_from, hours_to, total_limit, per_user_limit,
        per_user_period, budget_minor, min_price_minor, first_purchase, tariff_ids, audience_group_ids, campaign_id,
        hold_minutes, refund_returns_use) = (
        v_wanted.title, v_wanted.status, v_wanted.listed, v_wanted.effect, v_wanted.effect_minor,
        v_wanted.effect_basis_points, v_wanted.effect_cap_minor, v_wanted.effect_days, v_wanted.currency,
        v_wanted.starts_at, v_wanted.ends_at, v_wanted.time_zone, v_wanted.weekdays, v_wanted.hours_from,
        v_wanted.hours_to, v_wanted.total_limit, v_wanted.per_user_limit, v_wanted.per_user_period,
        v_wanted.budget_minor, v_wanted.min_price_minor, v_wanted.first_purchase, v_wanted.tariff_ids,
        v_wanted.audience_group_ids, v_wanted.campaign_id, v_wanted.hold_minutes, v_wanted.refund_returns_use
    )
    WHERE p.id = p_promotion_id
    RETURNING p.version INTO version;
    PERFORM record_staff_change(
        p_staff => p_staff, p_resource => 'promotion', p_resource_id => p_promotion_id::text, p_action => 'change',
        p_details => jsonb_build_object('version', version)
    );
END $$;
