-- Replaces a campaign by `p_campaign`, a row as JSON, if it has the version `p_version`; NULL stands for any. The outcome:
-- 'replaced', also by an earlier call with the same key, and if nothing differs; or, with nothing changed, 'no_campaign',
-- 'changed' (by another request: `version` is the current one), 'archived', 'other_currency' (a budget in one
-- currency, and uses in another), 'key_reused'.
CREATE OR REPLACE FUNCTION replace_campaign(
    p_campaign_id bigint, p_version integer, p_campaign jsonb, p_staff staff_request,
    OUT outcome text, OUT version integer
) LANGUAGE plpgsql AS $$
DECLARE
    v_wanted campaigns := jsonb_populate_record(NULL::campaigns, p_campaign);
    v_before campaigns;
BEGIN
    SELECT f.outcome INTO outcome FROM find_staff_request(p_staff) AS f;
    IF outcome <> 'new' THEN
        outcome := CASE outcome WHEN 'repeated' THEN 'replaced' ELSE outcome END;
        RETURN;
    END IF;
    SELECT c.* INTO v_before FROM campaigns c WHERE c.id = p_campaign_id FOR NO KEY UPDATE;
    version := v_before.version;
    IF v_before.id IS NULL THEN
        outcome := 'no_campaign';
    ELSIF version <> p_version THEN
        outcome := 'changed';
    ELSIF v_before.status = 'archived' AND to_jsonb(v_wanted) - '{id,version,created_at}'::text[]
        <> to_jsonb(v_before) - '{id,version,created_at}'::text[]
    THEN
        outcome := 'archived';
    ELSIF v_wanted.budget_minor IS NOT NULL AND EXISTS (
        -- If everything is sold in one currency, the applications are not read.
        SELECT FROM tariffs t WHERE t.currency <> v_wanted.currency
    ) AND EXISTS (
        SELECT FROM applications a WHERE a.campaign_id = p_campaign_id AND a.currency <> v_wanted.currency
    ) THEN
        outcome := 'other_currency';
    ELSE
        outcome := 'replaced';
    END IF;
    IF outcome <> 'replaced' THEN
        RETURN;
    ELSIF (
        (v_before.title, v_before.status, v_before.total_limit, v_before.budget_minor, v_before.currency)
        IS NOT DISTINCT FROM
        (v_wanted.title, v_wanted.status, v_wanted.total_limit, v_wanted.budget_minor, v_wanted.currency)
    ) THEN
        PERFORM keep_staff_request(p_staff => p_staff, p_resource_id => p_campaign_id::text);
        RETURN;
    END IF;
    UPDATE campaigns AS c SET (title, status, total_limit, budget_minor, currency)
        = (v_wanted.title, v_wanted.status, v_wanted.total_limit, v_wanted.budget_minor, v_wanted.currency)
    WHERE c.id = p_campaign_id
    RETURNING c.version INTO version;
    PERFORM record_staff_change(
        p_staff => p_staff, p_resource => 'campaign', p_resource_id => p_campaign_id::text, p_action => 'change',
        p_details => jsonb_build_object('version', version)
    );
END $$;
