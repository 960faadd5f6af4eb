-- Creates a campaign from `p_campaign`, a row as JSON. The outcome: 'created', also by an earlier call with the same key,
-- or 'key_reused'.
CREATE OR REPLACE FUNCTION create_campaign(
    p_campaign jsonb, p_staff staff_request, OUT outcome text, OUT campaign_id bigint
) LANGUAGE plpgsql AS $$
DECLARE
    v_wanted campaigns := jsonb_populate_record(NULL::campaigns, p_campaign);
BEGIN
    SELECT f.outcome, f.resource_id::bigint INTO outcome, campaign_id FROM find_staff_request(p_staff) AS f;
    IF outcome <> 'new' THEN
        outcome := CASE outcome WHEN 'repeated' THEN 'created' ELSE outcome END;
        RETURN;
    END IF;
    INSERT INTO campaigns AS c (title, status, total_limit, budget_minor, currency, created_at)
    VALUES (v_wanted.title, v_wanted.status, v_wanted.total_limit, v_wanted.budget_minor, v_wanted.currency, p_staff.at)
    RETURNING c.id INTO campaign_id;
    PERFORM record_staff_change(
        p_staff => p_staff, p_resource => 'campaign', p_resource_id => campaign_id::text, p_action => 'create',
        p_details => '{"version": 1}'
    );
    outcome := 'created';
END $$;
