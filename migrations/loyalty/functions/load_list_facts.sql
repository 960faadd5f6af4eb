-- The facts of a list of a user's promo codes besides the catalogue, which callers cache by version: one record. Arrays
-- of counts are in the order of the IDs that were passed in.
CREATE OR REPLACE FUNCTION load_list_facts(
    p_user_id uuid, p_now timestamptz,
    -- Promotions with a limit per user, and when its period began.
    p_promotion_ids bigint[], p_uses_since timestamptz[],
    -- Promotions and campaigns with a limit or a budget, and codes with uses of their own.
    p_limited_ids bigint[], p_campaign_ids bigint[], p_code_ids bigint[],
    -- Promotions some of whose uses are limited for everybody together.
    p_scarce_ids bigint[],
    -- All codes that are asked about.
    p_asked_ids bigint[],
    OUT catalogue_version bigint, OUT user_status text, OUT group_ids bigint[], OUT has_paid boolean,
    OUT has_purchased boolean, OUT first_purchase text, OUT trial text,
    OUT uses bigint[], OUT taken bigint[], OUT spent_minor bigint[],
    OUT campaign_taken bigint[], OUT campaign_spent_minor bigint[], OUT code_uses bigint[],
    OUT unused bigint[],
    -- Since when the person has known each code from work as staff; NULL for who knows none.
    OUT insider_since timestamptz[],
    -- The user's open applications, and the codes that are for this user alone, the newest 100; NULL if there are none.
    OUT open jsonb, OUT personal jsonb
) LANGUAGE plpgsql STABLE
SET enable_seqscan = off SET jit = off AS $$
DECLARE
    v_person_id uuid;
    v_has_open boolean;
    v_has_personal boolean;
    v_is_insider boolean;
BEGIN
    SELECT v.version, u.status, coalesce(u.first_account_id, u.id),
        ARRAY(SELECT m.group_id FROM group_members m WHERE m.user_id = p_user_id),
        has_purchased(p_person_id => coalesce(u.first_account_id, u.id), p_kind => 'paid'),
        has_purchased(p_person_id => coalesce(u.first_account_id, u.id), p_kind => 'any'),
        (
            SELECT a.state::text FROM applications a
            WHERE a.person_id = coalesce(u.first_account_id, u.id) AND a.first_purchase
                AND a.state IN ('applied', 'paying', 'used') AND (a.state <> 'applied' OR a.expires_at > p_now)
        ),
        (
            SELECT a.state::text FROM applications a
            WHERE a.person_id = coalesce(u.first_account_id, u.id) AND a.trial_days IS NOT NULL
                AND a.state IN ('applied', 'paying', 'used') AND (a.state <> 'applied' OR a.expires_at > p_now)
        ),
        EXISTS (SELECT FROM applications a WHERE a.user_id = p_user_id AND a.state IN ('applied', 'paying')),
        EXISTS (SELECT FROM promo_codes c WHERE c.user_id = p_user_id AND c.state = 'issued'),
        EXISTS (SELECT FROM insiders i WHERE i.person_id = coalesce(u.first_account_id, u.id))
    INTO catalogue_version, user_status, v_person_id, group_ids, has_paid, has_purchased, first_purchase, trial,
        v_has_open, v_has_personal, v_is_insider
    FROM catalogue_version v LEFT JOIN users u ON u.id = p_user_id;
    -- Most users have neither.
    IF v_has_open THEN
        SELECT jsonb_agg(jsonb_build_object(
            'application_id', a.id, 'tariff_id', a.tariff_id, 'expires_at', a.expires_at, 'by_staff', a.applied_by IS NOT NULL,
            'code', to_jsonb(c), 'promotion_version', p.version, 'campaign_version', m.version))
        INTO open
        FROM applications a
        JOIN promo_codes c ON c.id = a.code_id
        JOIN promotions p ON p.id = c.promotion_id
        LEFT JOIN campaigns m ON m.id = p.campaign_id
        WHERE a.user_id = p_user_id AND a.state IN ('applied', 'paying') AND (a.state = 'paying' OR a.expires_at > p_now);
    END IF;
    IF v_has_personal THEN
        SELECT jsonb_agg(jsonb_build_object(
            'code', to_jsonb(c), 'promotion_version', p.version, 'campaign_version', m.version))
        INTO personal
        FROM (
            SELECT o.* FROM promo_codes o JOIN promotions p ON p.id = o.promotion_id
            WHERE o.user_id = p_user_id AND o.state = 'issued' AND (o.max_uses IS NULL OR o.uses < o.max_uses)
                AND (o.ends_at IS NULL OR o.ends_at > p_now)
                AND p.listed AND p.status = 'active' AND (p.ends_at IS NULL OR p.ends_at > p_now)
            ORDER BY o.id DESC LIMIT 100
        ) AS c
        JOIN promotions p ON p.id = c.promotion_id
        LEFT JOIN campaigns m ON m.id = p.campaign_id;
    END IF;
    IF cardinality(p_promotion_ids) > 0 THEN
        uses := ARRAY(
            SELECT (
                SELECT count(*) FROM applications a
                WHERE a.person_id = v_person_id AND a.promotion_id = asked.id
                    AND a.state IN ('applied', 'paying', 'used') AND a.created_at >= asked.since
                    AND (a.state <> 'applied' OR a.expires_at > p_now)
            )
            FROM unnest(p_promotion_ids, p_uses_since) WITH ORDINALITY AS asked (id, since, place)
            ORDER BY asked.place
        );
    END IF;
    IF cardinality(p_limited_ids) > 0 THEN
        SELECT array_agg(s.taken ORDER BY s.place), array_agg(s.spent_minor ORDER BY s.place) INTO taken, spent_minor
        FROM (
            SELECT asked.place, coalesce(sum(g.taken), 0)::bigint AS taken,
                coalesce(sum(g.spent_minor), 0)::bigint AS spent_minor
            FROM unnest(p_limited_ids) WITH ORDINALITY AS asked (id, place)
            LEFT JOIN promotion_usage g ON g.promotion_id = asked.id
            GROUP BY asked.place
        ) AS s;
    END IF;
    IF cardinality(p_campaign_ids) > 0 THEN
        SELECT array_agg(s.taken ORDER BY s.place), array_agg(s.spent_minor ORDER BY s.place)
        INTO campaign_taken, campaign_spent_minor
        FROM (
            SELECT asked.place, coalesce(sum(g.taken), 0)::bigint AS taken,
                coalesce(sum(g.spent_minor), 0)::bigint AS spent_minor
            FROM unnest(p_campaign_ids) WITH ORDINALITY AS asked (id, place)
            LEFT JOIN campaign_usage g ON g.campaign_id = asked.id
            GROUP BY asked.place
        ) AS s;
    END IF;
    IF cardinality(p_code_ids) > 0 THEN
        code_uses := ARRAY(
            SELECT c.uses FROM unnest(p_code_ids) WITH ORDINALITY AS asked (id, place)
            JOIN promo_codes c ON c.id = asked.id ORDER BY asked.place
        );
    END IF;
    IF cardinality(p_scarce_ids) > 0 THEN
        unused := ARRAY(
            SELECT unused_applications(p_person_id => v_person_id, p_promotion_id => asked.id, p_at => p_now)
            FROM unnest(p_scarce_ids) WITH ORDINALITY AS asked (id, place) ORDER BY asked.place
        );
    END IF;
    IF v_is_insider THEN
        insider_since := ARRAY(
            SELECT known_since(p_person_id => v_person_id, p_promotion_id => c.promotion_id, p_code_id => asked.id)
            FROM unnest(p_asked_ids) WITH ORDINALITY AS asked (id, place)
            LEFT JOIN promo_codes c ON c.id = asked.id ORDER BY asked.place
        );
    END IF;
END $$;
