-- Orders a refund of `p_amount_minor`, or of all that is left, and records it in the audit log. The outcome: 'ordered', also
-- by an earlier call with this key, which belongs to the purchase; 'key_reused' if that was another request; 'no_purchase',
-- 'own_account', 'not_paid', 'nothing_left', 'too_much'. Refunds of one purchase wait for each other.
CREATE OR REPLACE FUNCTION order_refund(
    p_purchase_id uuid, p_refund_id uuid, p_amount_minor bigint, p_idempotency_key text, p_reason text,
    p_staff staff_request,
    OUT outcome text, OUT refund_id uuid, OUT left_minor bigint, OUT currency text
) LANGUAGE plpgsql AS $$
DECLARE
    b purchases;
    v_earlier refunds;
    v_amount_minor bigint;
    v_staff staff_request := p_staff;
BEGIN
    SELECT p.* INTO b FROM purchases p WHERE p.id = p_purchase_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        outcome := 'no_purchase';
        RETURN;
    ELSIF is_own_account(p_staff => p_staff, p_user_id => b.user_id) THEN
        outcome := 'own_account';
        RETURN;
    END IF;
    currency := b.currency;
    SELECT r.* INTO v_earlier FROM refunds r WHERE r.purchase_id = b.id AND r.idempotency_key = p_idempotency_key;
    IF FOUND THEN
        outcome := CASE
            WHEN v_earlier.fingerprint IS NOT DISTINCT FROM p_staff.fingerprint THEN 'ordered' ELSE 'key_reused'
        END;
        refund_id := v_earlier.id;
        RETURN;
    END IF;
    left_minor := b.total_minor - coalesce(
        (SELECT sum(r.amount_minor)::bigint FROM refunds r WHERE r.purchase_id = b.id AND r.status <> 'failed'), 0);
    IF b.status NOT IN ('paid', 'refunded', 'revoked') THEN
        outcome := 'not_paid';
    ELSIF left_minor <= 0 THEN
        outcome := 'nothing_left';
    ELSIF p_amount_minor > left_minor THEN
        outcome := 'too_much';
    ELSE
        outcome := 'ordered';
        refund_id := p_refund_id;
        v_amount_minor := coalesce(p_amount_minor, left_minor);
        INSERT INTO refunds (id, purchase_id, amount_minor, currency, cause, actor_id, reason, idempotency_key,
            fingerprint, status, created_at, updated_at, check_at)
        VALUES (p_refund_id, b.id, v_amount_minor, b.currency, 'staff', p_staff.actor_id, p_reason, p_idempotency_key,
            p_staff.fingerprint, 'pending', p_staff.at, p_staff.at, p_staff.at + interval '1 minute');
        -- The key belongs to the purchase.
        v_staff.key := NULL;
        PERFORM record_staff_change(
            p_staff => v_staff, p_resource => 'refund', p_resource_id => p_refund_id::text, p_action => 'order',
            p_details => jsonb_build_object(
                'purchase_id', b.id, 'amount_minor', v_amount_minor, 'currency', b.currency
            ),
            p_user_id => b.user_id, p_reason => p_reason
        );
    END IF;
END $$;
