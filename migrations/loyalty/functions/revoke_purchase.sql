-- Takes a paid purchase back without a refund: see end_purchase. Its money, if any, can still be refunded. The outcome:
-- 'revoked', also by an earlier call; 'refunded', 'not_paid', 'no_purchase', 'own_account',
-- 'key_reused'.
CREATE OR REPLACE FUNCTION revoke_purchase(
    p_purchase_id uuid, p_revocation_id uuid, p_reason text, p_staff staff_request
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    b purchases;
    v_outcome text;
BEGIN
    SELECT f.outcome INTO v_outcome FROM find_staff_request(p_staff) AS f;
    IF v_outcome <> 'new' THEN
        RETURN CASE v_outcome WHEN 'repeated' THEN 'revoked' ELSE v_outcome END;
    END IF;
    SELECT p.* INTO b FROM purchases p WHERE p.id = p_purchase_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN 'no_purchase';
    ELSIF is_own_account(p_staff => p_staff, p_user_id => b.user_id) THEN
        RETURN 'own_account';
    ELSIF b.status = 'revoked' THEN
        PERFORM keep_staff_request(p_staff => p_staff, p_resource_id => b.id::text);
        RETURN 'revoked';
    ELSIF b.status = 'refunded' THEN
        RETURN 'refunded';
    ELSIF b.status <> 'paid' THEN
        RETURN 'not_paid';
    END IF;
    UPDATE purchases p SET status = 'revoked', revoked_by = p_staff.actor_id, revoke_reason = p_reason WHERE p.id = b.id;
    PERFORM end_purchase(p_purchase_id => b.id, p_status => 'revoked', p_now => p_staff.at);
    PERFORM enqueue_purchase_event(
        p_event_id => p_revocation_id, p_purchase_id => b.id, p_refund_minor => NULL, p_revoked => true,
        p_now => p_staff.at
    );
    PERFORM record_staff_change(
        p_staff => p_staff, p_resource => 'purchase', p_resource_id => b.id::text, p_action => 'revoke',
        p_details => jsonb_build_object('tariff_id', b.tariff_id), p_user_id => b.user_id, p_reason => p_reason
    );
    RETURN 'revoked';
END $$;
