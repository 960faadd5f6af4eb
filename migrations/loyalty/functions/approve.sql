-- Approves a change and makes it, in the name of who asked for it, by the function that makes it without an approval. The
-- outcome: 'approved', also by an earlier call; or, with nothing changed, 'no_approval', 'decided' (`state` says how), 'own'
-- (the person who asked for it, with whichever account), 'own_account' (a refund to this person), 'outdated' (it can't be made
-- any more: `cause` is the outcome of that function), 'key_reused'.
CREATE OR REPLACE FUNCTION approve(
    p_approval_id uuid, p_reason text, p_staff staff_request,
    OUT outcome text, OUT state text, OUT cause text
) LANGUAGE plpgsql AS $$
DECLARE
    a approvals;
    v_requester staff_request;
BEGIN
    outcome := lock_approval(p_approval_id => p_approval_id, p_wanted => 'approved', p_staff => p_staff);
    SELECT w.* INTO a FROM approvals w WHERE w.id = p_approval_id;
    state := a.state;
    IF outcome = 'pending' AND person_of(a.requested_by) = person_of(p_staff.actor_id) THEN
        outcome := 'own';
    ELSIF outcome = 'pending' AND EXISTS (
        SELECT FROM purchases b WHERE b.id = a.purchase_id AND person_of(b.user_id) = person_of(p_staff.actor_id)
    ) THEN
        outcome := 'own_account';
    ELSIF outcome = 'repeated' THEN
        outcome := 'approved';
        RETURN;
    END IF;
    IF outcome <> 'pending' THEN
        RETURN;
    END IF;
    v_requester := ROW(a.requested_by, p_staff.at, NULL, decode(a.proposal ->> 'fingerprint', 'hex'))::staff_request;
    IF a.kind = 'refund' THEN
        SELECT o.outcome INTO cause FROM order_refund(
            p_purchase_id => a.purchase_id, p_refund_id => a.id, p_amount_minor => (a.proposal ->> 'amount_minor')::bigint,
            p_idempotency_key => a.proposal ->> 'idempotency_key', p_reason => a.reason, p_approve_above => NULL,
            p_expires_at => NULL, p_staff => v_requester
        ) AS o;
    ELSIF a.base_version IS NULL THEN
        SELECT c.outcome, c.promotion_id INTO cause, a.promotion_id FROM create_promotion(
            p_promotion => a.proposal -> 'promotion', p_codes => a.proposal -> 'codes', p_staff => v_requester
        ) AS c;
    ELSE
        SELECT r.outcome INTO cause FROM replace_promotion(
            p_promotion_id => a.promotion_id, p_version => a.base_version, p_promotion => a.proposal -> 'promotion',
            p_staff => v_requester
        ) AS r;
    END IF;
    IF cause NOT IN ('ordered', 'created', 'replaced') THEN
        outcome := 'outdated';
        RETURN;
    END IF;
    PERFORM decide_approval(p_approval => a, p_state => 'approved', p_reason => p_reason, p_staff => p_staff);
    IF a.kind = 'promotion' THEN
        -- Who has judged an offer can't use it either.
        PERFORM keep_insider(
            p_actor_id => p_staff.actor_id, p_at => p_staff.at, p_promotion_id => a.promotion_id, p_code_ids => NULL
        );
    END IF;
    outcome := 'approved';
    state := 'approved';
    cause := NULL;
END $$;
