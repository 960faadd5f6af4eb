-- Gives a user a tariff for months or days: a paid purchase of 0, whose period begins when the user's subscription to the
-- tariff ends. The outcome: 'given' with the purchase, also by an earlier call with the same key; 'no_user', also if the
-- account is deleted; 'blocked'; 'no_tariff'; 'not_on_sale' if the tariff is archived and the user does not have it;
-- 'own_account', 'key_reused'. The lock on the user makes a change of status wait.
CREATE OR REPLACE FUNCTION give_subscription(
    p_purchase_id uuid, p_user_id uuid, p_tariff_id bigint, p_months integer, p_days integer, p_reason text,
    p_time_zone text, p_staff staff_request,
    OUT outcome text, OUT purchase_id uuid
) LANGUAGE plpgsql AS $$
DECLARE
    v_status text;
    v_tariff tariffs;
BEGIN
    SELECT f.outcome, f.resource_id::uuid INTO outcome, purchase_id FROM find_staff_request(p_staff) AS f;
    IF outcome <> 'new' THEN
        outcome := CASE outcome WHEN 'repeated' THEN 'given' ELSE outcome END;
        RETURN;
    END IF;
    SELECT u.status INTO v_status FROM users u WHERE u.id = p_user_id FOR SHARE;
    SELECT t.* INTO v_tariff FROM tariffs t WHERE t.id = p_tariff_id;
    outcome := CASE
        WHEN is_own_account(p_staff => p_staff, p_user_id => p_user_id) THEN 'own_account'
        WHEN coalesce(v_status, 'deleted') = 'deleted' THEN 'no_user'
        WHEN v_status <> 'active' THEN 'blocked'
        WHEN v_tariff.id IS NULL THEN 'no_tariff'
    END;
    IF outcome IS NOT NULL THEN
        RETURN;
    END IF;
    PERFORM lock_subscriptions(p_user_id => p_user_id, p_tariff_id => p_tariff_id);
    IF v_tariff.status <> 'active' THEN
        PERFORM FROM subscriptions s
        WHERE s.user_id = p_user_id AND s.tariff_id = p_tariff_id AND s.ends_at > p_staff.at AND s.ends_at > s.starts_at;
        IF NOT FOUND THEN
            outcome := 'not_on_sale';
            RETURN;
        END IF;
    END IF;
    INSERT INTO purchases (id, user_id, tariff_id, status, price_minor, total_minor, currency, period_months, trial_days,
        created_at, updated_at, given_by, give_reason)
    VALUES (p_purchase_id, p_user_id, p_tariff_id, 'paid', v_tariff.price_minor, 0, v_tariff.currency, p_months, p_days,
        p_staff.at, p_staff.at, p_staff.actor_id, p_reason);
    PERFORM subscribe(
        p_purchase_id => p_purchase_id, p_user_id => p_user_id, p_tariff_id => p_tariff_id, p_months => p_months,
        p_days => p_days, p_time_zone => p_time_zone, p_now => p_staff.at
    );
    PERFORM record_staff_change(
        p_staff => p_staff, p_resource => 'subscription', p_resource_id => p_purchase_id::text, p_action => 'give',
        p_details => jsonb_strip_nulls(
            jsonb_build_object('tariff_id', p_tariff_id, 'months', p_months, 'days', p_days)
        ),
        p_user_id => p_user_id, p_reason => p_reason
    );
    outcome := 'given';
    purchase_id := p_purchase_id;
END $$;
