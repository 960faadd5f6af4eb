-- Opens a pending purchase of a tariff at its full price. The outcome: 'opened', with what is bought; 'open' with the
-- user's pending purchase of the tariff at the full price, 'other_open' with one that has a promo code; 'no_tariff',
-- 'not_registered', 'not_on_sale', 'not_active'. The lock on the user makes a change of status wait.
CREATE OR REPLACE FUNCTION open_full_price_purchase(
    p_user_id uuid, p_tariff_id bigint, p_purchase_id uuid, p_idempotency_key text, p_now timestamptz,
    p_check_at timestamptz,
    OUT outcome text, OUT purchase_id uuid, OUT tariff_title text, OUT price_minor bigint, OUT currency text,
    OUT created_at timestamptz
) LANGUAGE plpgsql AS $$
DECLARE
    v_title text;
    v_price_minor bigint;
    v_currency text;
    v_months integer;
    v_tariff_status text;
    v_user_status text;
BEGIN
    SELECT t.title, t.price_minor, t.currency, t.period_months, t.status
    INTO v_title, v_price_minor, v_currency, v_months, v_tariff_status
    FROM tariffs t WHERE t.id = p_tariff_id;
    SELECT u.status INTO v_user_status FROM users u WHERE u.id = p_user_id FOR SHARE;
    outcome := CASE
        WHEN v_tariff_status IS NULL THEN 'no_tariff'
        WHEN v_user_status IS NULL THEN 'not_registered'
        WHEN v_tariff_status <> 'active' THEN 'not_on_sale'
        WHEN v_user_status <> 'active' THEN 'not_active'
    END;
    -- An earlier purchase may be paid, or fail, between the two statements: then this one can be inserted.
    WHILE outcome IS NULL LOOP
        INSERT INTO purchases AS b (id, user_id, tariff_id, status, price_minor, total_minor, currency, period_months,
            created_at, updated_at, check_at)
        VALUES (p_purchase_id, p_user_id, p_tariff_id, 'pending', v_price_minor, v_price_minor, v_currency, v_months,
            p_now, p_now, p_check_at)
        ON CONFLICT (user_id, tariff_id) WHERE status = 'pending' DO NOTHING
        RETURNING b.id INTO purchase_id;
        IF FOUND THEN
            outcome := 'opened';
            tariff_title := v_title;
            price_minor := v_price_minor;
            currency := v_currency;
            created_at := p_now;
        ELSE
            SELECT b.id, CASE WHEN b.application_id IS NULL THEN 'open' ELSE 'other_open' END INTO purchase_id, outcome
            FROM purchases b
            WHERE b.user_id = p_user_id AND b.tariff_id = p_tariff_id AND b.status = 'pending';
        END IF;
    END LOOP;
    IF outcome IN ('opened', 'open') THEN
        PERFORM keep_purchase_key(p_user_id => p_user_id, p_key => p_idempotency_key, p_purchase_id => purchase_id);
    END IF;
END $$;
