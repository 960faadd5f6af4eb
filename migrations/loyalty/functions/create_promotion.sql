-- Creates a promotion with one code, whose text is `p_code`, typed as `p_typed` (NULL: the same). `code_id` is NULL, and nothing is created, when the promotion refers to rows that
-- do not exist.
CREATE OR REPLACE FUNCTION create_promotion(
    p_promotion jsonb, p_code text, p_typed text, p_user_id uuid, p_actor_id uuid, p_now timestamptz,
    OUT code_id bigint, OUT unknown text[]
) LANGUAGE plpgsql AS $$
DECLARE
    v_wanted promotions := jsonb_populate_record(NULL::promotions, p_promotion);
    v_promotion_id bigint;
BEGIN
    unknown := unknown_references(
        p_promotion => v_wanted, p_user_id => p_user_id, p_before => NULL, p_user_id_before => NULL
    );
    IF cardinality(unknown) > 0 THEN
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
        v_wanted.audience_group_ids, v_wanted.campaign_id, v_wanted.hold_minutes,
        v_wanted.refund_returns_use,
        p_now
    )
    RETURNING p.id INTO v_promotion_id;
    PERFORM free_text(p_code => p_code);
    INSERT INTO promo_codes AS c (promotion_id, code, typed, user_id, created_at)
    VALUES (v_promotion_id, p_code, p_typed, p_user_id, p_now)
    RETURNING c.id INTO code_id;
    INSERT INTO staff_changes (at, actor_id, resource, resource_id, action, details)
    VALUES
        (p_now, p_actor_id, 'promotion', v_promotion_id::text, 'create', jsonb_build_object('version', 1)),
        (p_now, p_actor_id, 'promo_code', code_id::text, 'create', jsonb_build_object('version', 1));
END $$;
