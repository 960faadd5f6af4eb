-- Orders a refund of `p_amount_minor`, or of all that is left, and records it in the audit log. If all refunds of the purchase
-- together would be more than `p_approve_above`, its approval is asked for instead, which ends at `p_expires_at`; NULL: never.
-- The outcome: 'ordered', also by an earlier call with this key, which belongs to the purchase; 'requested' with the approval,
-- also by such a call; 'pending', if another approval waits; 'key_reused', if that was another request; 'no_purchase',
-- 'own_account', 'not_paid', 'nothing_left', 'too_much'. Refunds of one purchase wait for each other.
CREATE OR REPLACE FUNCTION order_refund(
    p_purchase_id uuid, p_refund_id uuid, p_amount_minor bigint, p_idempotency_key text, p_reason text,
    p_approve_above bigint, p_expires_at timestamptz, p_staff staff_request,
    OUT outcome text, OUT refund_id uuid, OUT approval_id uuid, OUT left_minor bigint, OUT currency text
) LANGUAGE plpgsql AS $$
DECLARE
    b purchases;
    v_earlier refunds;
    v_approval approvals;
    v_amount_minor bigint;
    v_staff staff_request := p_staff;
    v_waiting_minor bigint;
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
    -- The refund that an approval makes has its ID.
    SELECT a.* INTO v_approval FROM approvals a
    WHERE a.purchase_id = b.id AND a.proposal ->> 'idempotency_key' = p_idempotency_key AND a.id <> p_refund_id;
    IF FOUND THEN
        outcome := CASE
            WHEN encode(p_staff.fingerprint, 'hex') IS NOT DISTINCT FROM v_approval.proposal ->> 'fingerprint' THEN 'requested'
            ELSE 'key_reused'
        END;
        approval_id := v_approval.id;
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
    END IF;
    IF outcome <> 'ordered' THEN
        RETURN;
    END IF;
    v_amount_minor := coalesce(p_amount_minor, left_minor);
    -- The key belongs to the purchase.
    v_staff.key := NULL;
    SELECT sum((a.proposal -> 'amount_minor')::bigint)::bigint INTO v_waiting_minor FROM approvals a
    WHERE a.purchase_id = b.id AND a.state = 'pending' AND a.expires_at > p_staff.at;
    -- What has gone back, is about to or waits, and this.
    IF b.total_minor - left_minor + coalesce(v_waiting_minor, 0) + v_amount_minor > p_approve_above THEN
        SELECT o.outcome, o.approval_id INTO outcome, approval_id FROM open_approval(
            p_approval_id => p_refund_id, p_kind => 'refund', p_promotion_id => NULL, p_purchase_id => b.id,
            p_base_version => NULL,
            p_proposal => jsonb_build_object(
                'amount_minor', v_amount_minor, 'currency', b.currency, 'idempotency_key', p_idempotency_key,
                'fingerprint', encode(p_staff.fingerprint, 'hex')
            ),
            p_shown => NULL, p_reason => p_reason, p_expires_at => p_expires_at, p_staff => v_staff, p_user_id => b.user_id
        ) AS o;
        RETURN;
    END IF;
    refund_id := p_refund_id;
    INSERT INTO refunds (id, purchase_id, amount_minor, currency, cause, actor_id, reason, idempotency_key,
        fingerprint, status, created_at, updated_at, check_at)
    VALUES (p_refund_id, b.id, v_amount_minor, b.currency, 'staff', p_staff.actor_id, p_reason, p_idempotency_key,
        p_staff.fingerprint, 'pending', p_staff.at, p_staff.at, p_staff.at + interval '1 minute');
    PERFORM record_staff_change(
        p_staff => v_staff, p_resource => 'refund', p_resource_id => p_refund_id::text, p_action => 'order',
        p_details => jsonb_build_object(
            'purchase_id', b.id, 'amount_minor', v_amount_minor, 'currency', b.currency
        ),
        p_user_id => b.user_id, p_reason => p_reason
    );
END $$;
