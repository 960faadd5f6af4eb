-- Creates a tariff from `p_tariff`, a row as JSON. The outcome: 'created', also by an earlier call with the same key, or
-- 'key_reused'.
CREATE OR REPLACE FUNCTION create_tariff(p_tariff jsonb, p_staff staff_request, OUT outcome text, OUT tariff_id bigint)
LANGUAGE plpgsql AS $$
DECLARE
    v_wanted tariffs := jsonb_populate_record(NULL::tariffs, p_tariff);
BEGIN
    SELECT f.outcome, f.resource_id::bigint INTO outcome, tariff_id FROM find_staff_request(p_staff) AS f;
    IF outcome <> 'new' THEN
        outcome := CASE outcome WHEN 'repeated' THEN 'created' ELSE outcome END;
        RETURN;
    END IF;
    INSERT INTO tariffs AS t (title, price_minor, currency, period_months, status, created_at)
    VALUES (v_wanted.title, v_wanted.price_minor, v_wanted.currency, v_wanted.period_months, v_wanted.status, p_staff.at)
    RETURNING t.id INTO tariff_id;
    PERFORM record_staff_change(
        p_staff => p_staff, p_resource => 'tariff', p_resource_id => tariff_id::text, p_action => 'create',
        p_details => '{"version": 1}'
    );
    outcome := 'created';
END $$;
