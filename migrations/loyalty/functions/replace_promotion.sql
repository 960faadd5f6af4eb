-- Replaces the promotion of a code with `p_promotion`, the user whom the code is for with `p_user_id`, and its text with
-- `p_code`, typed as `p_typed` (NULL: the same), if the promotion still has the version `p_version`. The outcome:
-- 'replaced'; or, with nothing changed, 'no_code', 'changed' (by another request: `version` is the current one), 'archived',
-- 'code_fixed' (the text can change only in a draft that was never anything else; other spellings of it always),
-- 'other_currency' (a budget in one currency, and uses in another), 'unknown' (the fields `unknown` refer to rows that
-- do not exist).
CREATE OR REPLACE FUNCTION replace_promotion(
    p_code_id bigint, p_version integer, p_promotion jsonb, p_code text, p_typed text, p_user_id uuid, p_actor_id uuid,
    p_now timestamptz,
    OUT outcome text, OUT version integer, OUT unknown text[]
) LANGUAGE plpgsql AS $$
DECLARE
    v_wanted promotions := jsonb_populate_record(NULL::promotions, p_promotion);
    v_before promotions;
    v_code promo_codes;
    v_code_version integer;
BEGIN
    -- The code first: the order in which all functions take locks.
    SELECT c.* INTO v_code FROM promo_codes c WHERE c.id = p_code_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        outcome := 'no_code';
        RETURN;
    END IF;
    SELECT p.* INTO v_before FROM promotions p WHERE p.id = v_code.promotion_id FOR NO KEY UPDATE;
    version := v_before.version;
    -- Locks the groups: whoever deletes one locks it first.
    unknown := unknown_references(
        p_promotion => v_wanted, p_user_id => p_user_id, p_before => v_before, p_user_id_before => v_code.user_id
    );
    IF version <> p_version THEN
        outcome := 'changed';
    ELSIF v_before.status = 'archived' THEN
        outcome := 'archived';
    ELSIF v_code.code <> p_code AND NOT is_untouched_draft(p_promotion => v_before) THEN
        outcome := 'code_fixed';
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
        v_wanted.audience_group_ids, v_wanted.campaign_id, v_wanted.hold_minutes,
        v_wanted.refund_returns_use
    )
    WHERE p.id = v_before.id
    RETURNING p.version INTO version;
    INSERT INTO staff_changes (at, actor_id, resource, resource_id, action, details)
    VALUES (p_now, p_actor_id, 'promotion', v_before.id::text, 'change', jsonb_build_object('version', version));
    IF v_code.code <> p_code THEN
        PERFORM free_text(p_code => p_code);
    END IF;
    IF (v_code.user_id, v_code.code, v_code.typed) IS DISTINCT FROM (p_user_id, p_code, p_typed) THEN
        UPDATE promo_codes AS c SET user_id = p_user_id, code = p_code, typed = p_typed
        WHERE c.id = p_code_id
        RETURNING c.version INTO v_code_version;
        INSERT INTO staff_changes (at, actor_id, resource, resource_id, action, details)
        VALUES (p_now, p_actor_id, 'promo_code', p_code_id::text, 'change', jsonb_build_object('version', v_code_version));
    END IF;
END $$;
