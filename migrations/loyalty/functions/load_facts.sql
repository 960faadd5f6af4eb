-- The facts of a decision besides the promotion, its campaign and the tariff themselves, which callers cache by
-- version: one record, with NULL for what does not exist or does not matter to the promotion. The code is found by its
-- ID, or by the texts that it may have. Of several codes with these texts, one with an earlier
-- text comes first, unless that is archived and not held by the user; of one text, the code that the user holds.
CREATE OR REPLACE FUNCTION load_facts(
    p_user_id uuid, p_now timestamptz, p_code_id bigint, p_codes text[], p_tariff_id bigint,
    OUT code_id bigint, OUT code text, OUT code_typed text, OUT code_state text, OUT code_user_id uuid, OUT code_max_uses bigint,
    OUT code_uses bigint, OUT code_ends_at timestamptz, OUT code_version integer, OUT code_batch_id bigint,
    OUT promotion_id bigint, OUT promotion_version integer, OUT campaign_version integer,
    OUT tariff_version integer, OUT user_status text,
    OUT taken bigint, OUT spent_minor bigint, OUT campaign_taken bigint, OUT campaign_spent_minor bigint,
    OUT group_ids bigint[], OUT has_purchased boolean, OUT first_purchase text, OUT trial text, OUT unused bigint,
    -- Since when the person has known the code from work as staff.
    OUT insider_since timestamptz,
    -- The times of the person's latest live uses of the promotion: as many as the limit per user, or one.
    OUT used_at timestamptz[],
    -- The user's open application for the tariff.
    OUT open_id uuid, OUT open_code_id bigint, OUT open_state text, OUT open_price_minor bigint,
    OUT open_total_minor bigint, OUT open_trial_days integer, OUT open_expires_at timestamptz, OUT open_currency text,
    -- The user's open application of the promotion for another tariff.
    OUT held_id uuid, OUT held_tariff_id bigint, OUT held_until timestamptz, OUT held_created_at timestamptz,
    OUT held_discount_minor bigint, OUT held_of_code boolean, OUT held_in_campaign boolean, OUT held_is_trial boolean,
    OUT held_is_first boolean,
    -- Whether expired applications still count: the user's own; and anybody's, where a limit may stand in the way.
    OUT own_lapsed boolean, OUT lapsed boolean
) LANGUAGE plpgsql STABLE
SET enable_seqscan = off SET jit = off AS $$
DECLARE
    v_code_ids bigint[];
    v_held_ids bigint[];
    v_person_id uuid;
    v_campaign_id bigint;
    v_total_limit bigint;
    v_budget_minor bigint;
    v_campaign_limit bigint;
    v_campaign_budget_minor bigint;
    v_group_ids bigint[];
    v_first_purchase text;
    v_effect text;
    v_per_user_limit integer;
    v_used_lapsed boolean;
    v_trial_lapsed boolean;
    v_first_lapsed boolean;
BEGIN
    IF p_codes IS NOT NULL THEN
        v_code_ids := ARRAY(SELECT c.id FROM promo_codes c WHERE c.code = ANY (p_codes));
        p_code_id := v_code_ids[1];
        IF cardinality(v_code_ids) > 1 THEN
            v_held_ids := ARRAY(
                SELECT a.code_id FROM applications a
                WHERE a.user_id = p_user_id AND a.state IN ('applied', 'paying') AND a.code_id = ANY (v_code_ids)
            );
            SELECT c.id INTO p_code_id FROM promo_codes c JOIN promotions p ON p.id = c.promotion_id
            WHERE c.id = ANY (v_code_ids)
            ORDER BY p.status = 'archived' AND NOT c.id = ANY (v_held_ids), array_position(p_codes, c.code),
                c.id = ANY (v_held_ids) DESC, c.holds_text NULLS LAST LIMIT 1;
        END IF;
    END IF;
    SELECT c.id, c.code, c.typed, c.state, c.user_id, c.max_uses, c.uses, c.ends_at, c.version, c.batch_id,
        p.id, p.version, p.campaign_id, m.version, t.version, u.status, coalesce(u.first_account_id, u.id),
        p.total_limit, p.budget_minor, m.total_limit, m.budget_minor,
        p.audience_group_ids, p.first_purchase, p.effect, p.per_user_limit
    INTO code_id, code, code_typed, code_state, code_user_id, code_max_uses, code_uses, code_ends_at, code_version, code_batch_id,
        promotion_id, promotion_version, v_campaign_id, campaign_version, tariff_version, user_status, v_person_id,
        v_total_limit, v_budget_minor, v_campaign_limit, v_campaign_budget_minor, v_group_ids, v_first_purchase, v_effect,
        v_per_user_limit
    FROM (VALUES (1)) AS one
    LEFT JOIN promo_codes c ON c.id = p_code_id
    LEFT JOIN promotions p ON p.id = c.promotion_id
    LEFT JOIN campaigns m ON m.id = p.campaign_id
    LEFT JOIN tariffs t ON t.id = p_tariff_id
    LEFT JOIN users u ON u.id = p_user_id;
    IF code_id IS NULL OR tariff_version IS NULL THEN
        RETURN;
    END IF;

    SELECT a.id, a.code_id, a.state::text, a.price_minor, a.total_minor, a.trial_days, a.expires_at, a.currency,
        a.state = 'applied' AND a.expires_at <= p_now
    INTO open_id, open_code_id, open_state, open_price_minor, open_total_minor, open_trial_days, open_expires_at,
        open_currency, own_lapsed
    FROM applications a
    WHERE a.user_id = p_user_id AND a.tariff_id = p_tariff_id AND a.state IN ('applied', 'paying');
    SELECT array_agg(l.created_at), bool_or(l.user_id = p_user_id AND l.state = 'applied' AND l.expires_at <= p_now)
    INTO used_at, v_used_lapsed
    FROM (
        SELECT a.created_at, a.user_id, a.state, a.expires_at FROM applications a
        WHERE a.person_id = v_person_id AND a.promotion_id = load_facts.promotion_id
            AND a.state IN ('applied', 'paying', 'used')
        ORDER BY a.created_at DESC LIMIT coalesce(v_per_user_limit, 1)
    ) AS l;
    own_lapsed := coalesce(own_lapsed, false) OR coalesce(v_used_lapsed, false);
    IF EXISTS (SELECT FROM insiders i WHERE i.person_id = v_person_id) THEN
        insider_since := known_since(
            p_person_id => v_person_id, p_promotion_id => load_facts.promotion_id, p_code_id => load_facts.code_id
        );
    END IF;
    IF used_at IS NOT NULL THEN
        SELECT a.id, a.tariff_id, CASE a.state WHEN 'applied' THEN a.expires_at END, a.created_at,
            a.price_minor - a.total_minor, a.code_counted AND a.code_id = load_facts.code_id,
            a.campaign_id = v_campaign_id, a.trial_days IS NOT NULL, a.first_purchase
        INTO held_id, held_tariff_id, held_until, held_created_at, held_discount_minor, held_of_code, held_in_campaign,
            held_is_trial, held_is_first
        FROM applications a
        WHERE a.user_id = p_user_id AND a.state IN ('applied', 'paying') AND a.promotion_id = load_facts.promotion_id
            AND a.tariff_id <> p_tariff_id
        ORDER BY a.created_at DESC LIMIT 1;
    END IF;
    IF num_nonnulls(v_total_limit, v_budget_minor, v_campaign_limit, v_campaign_budget_minor, code_max_uses) > 0 THEN
        unused := unused_applications(
            p_person_id => v_person_id, p_promotion_id => load_facts.promotion_id, p_at => p_now
        );
    END IF;

    IF num_nonnulls(v_total_limit, v_budget_minor) > 0 THEN
        SELECT coalesce(sum(s.taken), 0)::bigint, coalesce(sum(s.spent_minor), 0)::bigint INTO taken, spent_minor
        FROM promotion_usage s WHERE s.promotion_id = load_facts.promotion_id;
    END IF;
    IF num_nonnulls(v_campaign_limit, v_campaign_budget_minor) > 0 THEN
        SELECT coalesce(sum(s.taken), 0)::bigint, coalesce(sum(s.spent_minor), 0)::bigint INTO campaign_taken, campaign_spent_minor
        FROM campaign_usage s WHERE s.campaign_id = v_campaign_id;
    END IF;
    lapsed := false;
    IF taken >= v_total_limit OR v_budget_minor IS NOT NULL OR campaign_taken >= v_campaign_limit
        OR v_campaign_budget_minor IS NOT NULL OR code_uses >= code_max_uses
    THEN
        -- The first to expire shows whether any has expired; whose it is matters only when a limit has refused.
        lapsed := coalesce(
            (SELECT a.expires_at <= p_now FROM applications a WHERE a.state = 'applied' ORDER BY a.expires_at LIMIT 1),
            false
        );
    END IF;
    IF v_group_ids IS NOT NULL THEN
        group_ids := ARRAY(
            SELECT m.group_id FROM group_members m WHERE m.user_id = p_user_id AND m.group_id = ANY (v_group_ids)
        );
    END IF;
    IF v_first_purchase IS NOT NULL THEN
        has_purchased := has_purchased(p_person_id => v_person_id, p_kind => v_first_purchase);
        SELECT a.state::text, own_lapsed OR (a.user_id = p_user_id AND a.state = 'applied' AND a.expires_at <= p_now)
        INTO first_purchase, v_first_lapsed
        FROM applications a
        WHERE a.person_id = v_person_id AND a.first_purchase AND a.state IN ('applied', 'paying', 'used');
        own_lapsed := coalesce(v_first_lapsed, own_lapsed);
    END IF;
    IF v_effect = 'free' THEN
        SELECT a.state::text, own_lapsed OR (a.user_id = p_user_id AND a.state = 'applied' AND a.expires_at <= p_now)
        INTO trial, v_trial_lapsed
        FROM applications a
        WHERE a.person_id = v_person_id AND a.trial_days IS NOT NULL AND a.state IN ('applied', 'paying', 'used');
        own_lapsed := coalesce(v_trial_lapsed, own_lapsed);
    END IF;
END $$;
