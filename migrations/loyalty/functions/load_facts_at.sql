-- The facts of a decision as of a past time: the versions of that time, the user's status and groups, and the usage at
-- that time, counted from the applications. An application that had expired does not count, released or not. NULL where
-- the code or the tariff did not exist yet.
CREATE OR REPLACE FUNCTION load_facts_at(
    p_user_id uuid, p_at timestamptz, p_code_id bigint, p_codes text[], p_tariff_id bigint,
    OUT code jsonb, OUT promotion jsonb, OUT campaign jsonb, OUT tariff jsonb, OUT user_status text,
    OUT taken bigint, OUT spent_minor bigint, OUT campaign_taken bigint, OUT campaign_spent_minor bigint,
    OUT code_uses bigint, OUT group_ids bigint[], OUT has_purchased boolean, OUT first_purchase text, OUT trial text, OUT unused bigint,
    -- Since when the person had known the code from work as staff.
    OUT insider_since timestamptz,
    OUT used_at timestamptz[],
    -- The user's open application for the tariff; who made it, if it was staff, and the rules that were waived.
    OUT open_code_id bigint, OUT open_applied_by uuid, OUT open_waived text[], OUT open_application_id uuid
) LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_held_ids bigint[];
    v_promotion_id bigint;
    v_campaign_id bigint;
    v_person_id uuid := coalesce((SELECT u.first_account_id FROM users u WHERE u.id = p_user_id), p_user_id);
    -- All accounts of the person.
    v_user_ids uuid[] := ARRAY(
        SELECT v_person_id UNION SELECT u.id FROM users u WHERE u.first_account_id = v_person_id
    );
BEGIN
    IF p_codes IS NOT NULL THEN
        -- In the order in which load_facts prefers codes, with the texts of that time.
        v_held_ids := ARRAY(
            SELECT a.code_id FROM applications a
            WHERE a.user_id = p_user_id AND a.created_at <= p_at
                AND was_live(a.state, a.expires_at, a.updated_at, p_at) AND NOT (a.state = 'used' AND a.updated_at <= p_at)
        );
        SELECT named.id INTO p_code_id
        FROM (
            SELECT c.id FROM promo_codes c WHERE c.code = ANY (p_codes)
            UNION
            SELECT v.id FROM past_versions v WHERE v.kind = 'promo_code' AND v.snapshot ->> 'code' = ANY (p_codes)
        ) AS named
        CROSS JOIN LATERAL version_at('promo_code', named.id, p_at) AS then_code
        CROSS JOIN LATERAL version_at('promotion', (then_code ->> 'promotion_id')::bigint, p_at) AS then_promotion
        WHERE then_code ->> 'code' = ANY (p_codes)
        ORDER BY then_promotion ->> 'status' = 'archived' AND NOT named.id = ANY (v_held_ids),
            array_position(p_codes, then_code ->> 'code'),
            named.id = ANY (v_held_ids) DESC,
            (then_code ->> 'created_at')::timestamptz DESC
        LIMIT 1;
    END IF;
    tariff := version_at('tariff', p_tariff_id, p_at);
    code := version_at('promo_code', p_code_id, p_at);
    v_promotion_id := (code ->> 'promotion_id')::bigint;
    promotion := version_at('promotion', v_promotion_id, p_at);
    v_campaign_id := (promotion ->> 'campaign_id')::bigint;
    campaign := version_at('campaign', v_campaign_id, p_at);
    IF tariff IS NULL OR promotion IS NULL THEN
        RETURN;
    END IF;
    SELECT s.status INTO user_status FROM user_statuses s
    WHERE s.user_id = p_user_id AND s.at <= p_at ORDER BY s.version DESC, s.at DESC LIMIT 1;
    group_ids := ARRAY(
        SELECT m.group_id FROM group_members m WHERE m.user_id = p_user_id AND m.added_at <= p_at
        UNION
        SELECT m.group_id FROM past_group_members m
        WHERE m.user_id = p_user_id AND m.added_at <= p_at AND m.removed_at > p_at
    );
    has_purchased := EXISTS (
        SELECT FROM purchases b
        WHERE b.user_id = ANY (v_user_ids) AND b.given_by IS NULL
            AND (b.total_minor > 0 OR promotion ->> 'first_purchase' = 'any')
            AND ((b.status = 'paid' AND b.updated_at <= p_at)
                OR (b.status = 'refunded' AND b.created_at <= p_at AND b.updated_at > p_at))
    );
    -- Usage is counted only where it is limited: counting reads all applications of the promotion, or of the campaign.
    IF num_nonnulls(promotion ->> 'total_limit', promotion ->> 'budget_minor', code ->> 'max_uses') > 0 THEN
        SELECT count(*), coalesce(sum(a.price_minor - a.total_minor), 0)::bigint,
            count(*) FILTER (WHERE a.code_id = p_code_id AND a.code_counted)
        INTO taken, spent_minor, code_uses
        FROM applications a
        WHERE a.promotion_id = v_promotion_id AND a.created_at <= p_at
            AND was_live(a.state, a.expires_at, a.updated_at, p_at);
    END IF;
    IF num_nonnulls(campaign ->> 'total_limit', campaign ->> 'budget_minor') > 0 THEN
        SELECT count(*), coalesce(sum(a.price_minor - a.total_minor), 0)::bigint
        INTO campaign_taken, campaign_spent_minor
        FROM applications a
        WHERE a.campaign_id = v_campaign_id AND a.created_at <= p_at
            AND was_live(a.state, a.expires_at, a.updated_at, p_at);
    END IF;
    unused := unused_applications(p_person_id => v_person_id, p_promotion_id => v_promotion_id, p_at => p_at);
    insider_since := known_since(p_person_id => v_person_id, p_promotion_id => v_promotion_id, p_code_id => p_code_id);
    IF insider_since > p_at THEN
        insider_since := NULL;
    END IF;
    used_at := ARRAY(
        SELECT a.created_at FROM applications a
        WHERE a.user_id = ANY (v_user_ids) AND a.promotion_id = v_promotion_id AND a.created_at <= p_at
            AND was_live(a.state, a.expires_at, a.updated_at, p_at)
        ORDER BY a.created_at DESC
    );
    SELECT CASE
            WHEN a.state = 'used' AND a.updated_at <= p_at THEN 'used'
            WHEN EXISTS (SELECT FROM purchases b WHERE b.application_id = a.id AND b.created_at <= p_at) THEN 'paying'
            ELSE 'applied'
        END
    INTO trial
    FROM applications a
    WHERE a.user_id = ANY (v_user_ids) AND a.trial_days IS NOT NULL AND a.created_at <= p_at
        AND was_live(a.state, a.expires_at, a.updated_at, p_at)
    ORDER BY a.created_at LIMIT 1;
    SELECT CASE
            WHEN a.state = 'used' AND a.updated_at <= p_at THEN 'used'
            WHEN EXISTS (SELECT FROM purchases b WHERE b.application_id = a.id AND b.created_at <= p_at) THEN 'paying'
            ELSE 'applied'
        END
    INTO first_purchase
    FROM applications a
    WHERE a.user_id = ANY (v_user_ids) AND a.first_purchase AND a.created_at <= p_at
        AND was_live(a.state, a.expires_at, a.updated_at, p_at)
        -- Those applied to this tariff with this code are what is asked about.
        AND NOT (a.user_id = p_user_id AND a.tariff_id = p_tariff_id AND a.code_id = p_code_id)
    ORDER BY a.created_at LIMIT 1;
    SELECT a.code_id, a.applied_by, a.waived, a.id INTO open_code_id, open_applied_by, open_waived, open_application_id
    FROM applications a
    WHERE a.user_id = p_user_id AND a.tariff_id = p_tariff_id AND a.created_at <= p_at
        AND was_live(a.state, a.expires_at, a.updated_at, p_at) AND NOT (a.state = 'used' AND a.updated_at <= p_at)
    ORDER BY a.created_at DESC LIMIT 1;
END $$;
