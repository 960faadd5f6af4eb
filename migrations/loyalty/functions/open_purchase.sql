-- Opens a purchase for an application: paid at once when there is nothing to pay, otherwise pending. The outcome:
-- 'opened'; 'other_open', with the user's pending purchase of the same tariff, which has to be paid or cancelled first;
-- 'not_first', and the application is cancelled, when the person has bought something since it was made; 'changed' when
-- the application is no longer `applied` or its user is not active. The lock on the user makes a change of status wait.
CREATE OR REPLACE FUNCTION open_purchase(
    p_application_id uuid, p_purchase_id uuid, p_idempotency_key text, p_time_zone text, p_now timestamptz,
    p_check_at timestamptz,
    OUT outcome text, OUT open_purchase_id uuid, OUT user_id uuid, OUT status text, OUT tariff_title text, OUT created_at timestamptz,
    OUT starts_at timestamptz, OUT ends_at timestamptz
) LANGUAGE plpgsql AS $$
DECLARE
    v_user_id uuid;
    v_tariff_id bigint;
    v_price_minor bigint;
    v_total_minor bigint;
    v_currency text;
    v_trial_days integer;
    v_months integer;
    v_title text;
    v_status text;
    v_person_id uuid;
    v_first_purchase text;
    v_code_id bigint;
BEGIN
    outcome := 'changed';
    SELECT u.id, a.tariff_id, a.price_minor, a.total_minor, a.currency, a.trial_days, t.period_months, t.title,
        a.person_id, CASE WHEN a.first_purchase THEN coalesce(p.first_purchase, 'paid') END, a.code_id
    INTO v_user_id, v_tariff_id, v_price_minor, v_total_minor, v_currency, v_trial_days, v_months, v_title,
        v_person_id, v_first_purchase, v_code_id
    FROM applications a
    JOIN users u ON u.id = a.user_id
    JOIN tariffs t ON t.id = a.tariff_id
    JOIN promotions p ON p.id = a.promotion_id
    WHERE a.id = p_application_id AND u.status = 'active'
    FOR SHARE OF u;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    v_status := CASE v_total_minor WHEN 0 THEN 'paid' ELSE 'pending' END;
    IF v_trial_days IS NOT NULL THEN
        v_months := NULL;
    END IF;
    IF v_first_purchase IS NOT NULL AND has_purchased(p_person_id => v_person_id, p_kind => v_first_purchase) THEN
        PERFORM release_uses(
            p_application_ids => ARRAY[p_application_id], p_from => 'applied', p_to => 'cancelled',
            p_cancel_reason => 'not_first_purchase', p_now => p_now
        );
        outcome := 'not_first';
        RETURN;
    END IF;
    IF v_status = 'pending' THEN
        SELECT b.id INTO open_purchase_id FROM purchases b
        WHERE b.user_id = v_user_id AND b.tariff_id = v_tariff_id AND b.status = 'pending'
            AND b.application_id IS DISTINCT FROM p_application_id;
        IF FOUND THEN
            outcome := 'other_open';
            RETURN;
        END IF;
    END IF;
    IF v_status = 'paid' THEN
        PERFORM lock_subscriptions(p_user_id => v_user_id, p_tariff_id => v_tariff_id);
    END IF;
    UPDATE applications a SET state = CASE v_status WHEN 'paid' THEN 'used' ELSE 'paying' END, updated_at = p_now
    WHERE a.id = p_application_id AND a.state = 'applied' AND a.expires_at > p_now;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    INSERT INTO purchases (id, application_id, code_id, user_id, tariff_id, status, price_minor, total_minor, currency,
        period_months, trial_days, created_at, updated_at, check_at)
    VALUES (p_purchase_id, p_application_id, v_code_id, v_user_id, v_tariff_id, v_status, v_price_minor, v_total_minor,
        v_currency, v_months, v_trial_days, p_now, p_now, CASE v_status WHEN 'pending' THEN p_check_at END);
    PERFORM keep_purchase_key(p_user_id => v_user_id, p_key => p_idempotency_key, p_purchase_id => p_purchase_id);
    IF v_status = 'paid' THEN
        SELECT made.starts_at, made.ends_at INTO starts_at, ends_at
        FROM subscribe(
            p_purchase_id => p_purchase_id, p_user_id => v_user_id, p_tariff_id => v_tariff_id,
            p_months => v_months, p_days => v_trial_days, p_time_zone => p_time_zone, p_now => p_now
        ) AS made;
    END IF;
    outcome := 'opened';
    user_id := v_user_id;
    status := v_status;
    tariff_title := v_title;
    created_at := p_now;
END $$;
