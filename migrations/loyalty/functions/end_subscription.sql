-- Ends a user's subscription to a tariff at once: revokes each purchase whose period is not over. No money moves. The
-- outcome: 'ended' with the purchases in the order of their periods, also by an earlier call with the same key; 'no_user';
-- 'none' if there is nothing to end; 'own_account'; 'key_reused'. The IDs of the events are made of `p_ending_id` and those of the
-- purchases.
--
-- The user is locked first: whatever makes a purchase paid locks the user, too, so none is missed; and who locks a paid
-- purchase does not wait for the user. The uses are released together, in the order in which release_uses locks.
CREATE OR REPLACE FUNCTION end_subscription(
    p_user_id uuid, p_tariff_id bigint, p_ending_id uuid, p_reason text, p_staff staff_request,
    OUT outcome text, OUT purchase_ids uuid[]
) LANGUAGE plpgsql AS $$
DECLARE
    v_answer jsonb;
    v_purchase_id uuid;
    v_each staff_request := p_staff;
BEGIN
    SELECT f.outcome, f.answer INTO outcome, v_answer FROM find_staff_request(p_staff) AS f;
    IF outcome = 'key_reused' THEN
        RETURN;
    ELSIF outcome = 'repeated' THEN
        outcome := 'ended';
        purchase_ids := ARRAY(SELECT e.id::uuid FROM jsonb_array_elements_text(v_answer) WITH ORDINALITY AS e (id, at)
            ORDER BY e.at);
        RETURN;
    END IF;
    PERFORM FROM users u WHERE u.id = p_user_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        outcome := 'no_user';
        RETURN;
    ELSIF is_own_account(p_staff => p_staff, p_user_id => p_user_id) THEN
        outcome := 'own_account';
        RETURN;
    END IF;
    PERFORM FROM purchases b JOIN subscriptions s ON s.purchase_id = b.id
    WHERE s.user_id = p_user_id AND s.tariff_id = p_tariff_id AND s.ends_at > p_staff.at AND b.status = 'paid'
    ORDER BY b.id FOR NO KEY UPDATE OF b;
    PERFORM lock_subscriptions(p_user_id => p_user_id, p_tariff_id => p_tariff_id);
    SELECT array_agg(b.id ORDER BY s.starts_at, s.ends_at) INTO purchase_ids
    FROM purchases b JOIN subscriptions s ON s.purchase_id = b.id
    WHERE s.user_id = p_user_id AND s.tariff_id = p_tariff_id AND s.ends_at > p_staff.at AND b.status = 'paid';
    IF purchase_ids IS NULL THEN
        outcome := 'none';
        RETURN;
    END IF;
    PERFORM release_uses(
        p_application_ids => array_agg(a.id), p_from => 'used', p_to => 'cancelled', p_cancel_reason => 'revoked',
        p_now => p_staff.at
    )
    FROM purchases b JOIN applications a ON a.id = b.application_id JOIN promotions p ON p.id = a.promotion_id
    WHERE b.id = ANY (purchase_ids) AND p.refund_returns_use;
    PERFORM keep_staff_request(
        p_staff => p_staff, p_resource_id => purchase_ids[1]::text, p_answer => to_jsonb(purchase_ids)
    );
    PERFORM record_staff_change(
        p_staff => p_staff, p_resource => 'subscription', p_resource_id => purchase_ids[1]::text, p_action => 'end',
        p_details => jsonb_build_object('tariff_id', p_tariff_id, 'purchase_ids', purchase_ids),
        p_user_id => p_user_id, p_reason => p_reason
    );
    -- The key belongs to the whole.
    v_each.key := NULL;
    FOREACH v_purchase_id IN ARRAY purchase_ids LOOP
        PERFORM revoke_purchase(
            p_purchase_id => v_purchase_id, p_revocation_id => md5(p_ending_id || ' ' || v_purchase_id)::uuid,
            p_reason => p_reason, p_staff => v_each
        );
    END LOOP;
    outcome := 'ended';
END $$;
