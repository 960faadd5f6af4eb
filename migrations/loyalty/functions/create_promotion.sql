-- Creates a promotion from `p_promotion`, with the codes `p_codes`, an array of rows; both as JSON. The outcome: 'created',
-- also by an earlier call with the same key; or, with nothing created, 'unknown' (`fields` refer to rows that do not exist:
-- those of the promotion, or `promocodes[N].user_id`), 'taken' (the texts in `fields` belong to other codes), 'key_reused'.
CREATE OR REPLACE FUNCTION create_promotion(
    p_promotion jsonb, p_codes jsonb, p_staff staff_request,
    OUT outcome text, OUT promotion_id bigint, OUT fields text[]
) LANGUAGE plpgsql AS $$
DECLARE
    v_wanted promotions := jsonb_populate_record(NULL::promotions, p_promotion);
    v_code promo_codes;
BEGIN
    SELECT f.outcome, f.resource_id::bigint INTO outcome, promotion_id FROM find_staff_request(p_staff) AS f;
    IF outcome <> 'new' THEN
        outcome := CASE outcome WHEN 'repeated' THEN 'created' ELSE outcome END;
        RETURN;
    END IF;
    fields := unknown_references(p_promotion => v_wanted, p_before => NULL) || ARRAY(
        SELECT 'promocodes[' || c.nth - 1 || '].user_id'
        FROM jsonb_array_elements(p_codes) WITH ORDINALITY AS c (entry, nth)
        WHERE is_unknown_user((c.entry ->> 'user_id')::uuid)
        ORDER BY c.nth
    );
    IF cardinality(fields) > 0 THEN
        outcome := 'unknown';
        RETURN;
    END IF;
    fields := taken_texts(ARRAY(SELECT c.entry ->> 'code' FROM jsonb_array_elements(p_codes) AS c (entry)));
    IF cardinality(fields) > 0 THEN
        outcome := 'taken';
        RETURN;
    END IF;
    INSERT INTO promotions AS p (title, status, listed, effect, effect_minor, effect_basis_points, effect_cap_minor, effect_days,
        currency, starts_at, ends_at, time_zone, weekdays, hours_from, hours_to, total_limit, per_user_limit,
        per_user_period, budget_minor, min_price_minor, first_purchase, tariff_ids, audience_group_ids, campaign_id,
        hold_minutes, refund_returns_use, created_at)
    VALUES (
        v_wanted.title, v_wanted.status, v_wanted.listed, v_wanted.effect, v_wanted.effect_minor,
        v_wanted.effect_basis_points, v_wanted.effect_cap_minor, v_wanted.effect_days, v_wanted.currency,
        v_wanted.starts_at, v_wanted.ends_at, v_wanted.time_zone, v_wanted.weekdays, v_wanted.hours_from,
        v_wanted.hours_to, v_wanted.total_limit, v_wanted.per_user_limit, v_wanted.per_user_period,
        v_wanted.budget_minor, v_wanted.min_price_minor, v_wanted.first_purchase, v_wanted.tariff_ids,
        v_wanted.audience_group_ids, v_wanted.campaign_id, v_wanted.hold_minutes, v_wanted.refund_returns_use, p_staff.at
    )
    RETURNING p.id INTO promotion_id;
    PERFORM record_staff_change(
        p_staff => p_staff, p_resource => 'promotion', p_resource_id => promotion_id::text, p_action => 'create',
        p_details => '{"version": 1}'
    );
    FOR v_code IN
        SELECT (jsonb_populate_record(NULL::promo_codes, c.entry)).*
        FROM jsonb_array_elements(p_codes) WITH ORDINALITY AS c (entry, nth) ORDER BY c.nth
    LOOP
        PERFORM insert_code(p_promotion_id => promotion_id, p_code => v_code, p_staff => p_staff);
    END LOOP;
    outcome := 'created';
END $$;
