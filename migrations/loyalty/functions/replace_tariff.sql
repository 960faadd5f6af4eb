-- Replaces a tariff by `p_tariff`, a row as JSON, if it has the version `p_version`; NULL stands for any. The outcome:
-- 'replaced', also by an earlier call with the same key, and if nothing differs; or, with nothing changed, 'no_tariff',
-- 'changed' (by another request: `version` is the current one), 'other_currency', 'key_reused'.
CREATE OR REPLACE FUNCTION replace_tariff(
    p_tariff_id bigint, p_version integer, p_tariff jsonb, p_staff staff_request,
    OUT outcome text, OUT version integer
) LANGUAGE plpgsql AS $$
DECLARE
    v_wanted tariffs := jsonb_populate_record(NULL::tariffs, p_tariff);
    v_before tariffs;
BEGIN
    SELECT f.outcome INTO outcome FROM find_staff_request(p_staff) AS f;
    IF outcome <> 'new' THEN
        outcome := CASE outcome WHEN 'repeated' THEN 'replaced' ELSE outcome END;
        RETURN;
    END IF;
    SELECT t.* INTO v_before FROM tariffs t WHERE t.id = p_tariff_id FOR NO KEY UPDATE;
    version := v_before.version;
    IF v_before.id IS NULL THEN
        outcome := 'no_tariff';
    ELSIF version <> p_version THEN
        outcome := 'changed';
    ELSIF v_before.currency <> v_wanted.currency THEN
        -- Budgets count in the currency in which they were sold.
        outcome := 'other_currency';
    ELSE
        outcome := 'replaced';
    END IF;
    IF outcome <> 'replaced' THEN
        RETURN;
    ELSIF (v_before.title, v_before.price_minor, v_before.period_months, v_before.status)
        = (v_wanted.title, v_wanted.price_minor, v_wanted.period_months, v_wanted.status)
    THEN
        PERFORM keep_staff_request(p_staff => p_staff, p_resource_id => p_tariff_id::text);
        RETURN;
    END IF;
    UPDATE tariffs AS t SET (title, price_minor, period_months, status)
        = (v_wanted.title, v_wanted.price_minor, v_wanted.period_months, v_wanted.status)
    WHERE t.id = p_tariff_id
    RETURNING t.version INTO version;
    PERFORM record_staff_change(
        p_staff => p_staff, p_resource => 'tariff', p_resource_id => p_tariff_id::text, p_action => 'change',
        p_details => jsonb_build_object('version', version)
    );
END $$;
