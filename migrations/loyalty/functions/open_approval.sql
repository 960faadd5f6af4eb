-- Asks for the approval of a change: of a promotion, of a new one (both IDs NULL), or a refund of a purchase. What it is about
-- is locked by the caller. The outcome: 'requested'; or 'pending', if another one waits, with its ID.
CREATE OR REPLACE FUNCTION open_approval(
    p_approval_id uuid, p_kind text, p_promotion_id bigint, p_purchase_id uuid, p_base_version integer, p_proposal jsonb,
    p_shown jsonb, p_reason text, p_expires_at timestamptz, p_staff staff_request, p_user_id uuid,
    OUT outcome text, OUT approval_id uuid
) LANGUAGE plpgsql AS $$
BEGIN
    UPDATE approvals a SET state = 'expired'
    WHERE a.state = 'pending' AND a.expires_at <= p_staff.at
        AND (a.promotion_id = p_promotion_id OR a.purchase_id = p_purchase_id);
    SELECT a.id INTO approval_id FROM approvals a
    WHERE a.state = 'pending' AND (a.promotion_id = p_promotion_id OR a.purchase_id = p_purchase_id);
    IF FOUND THEN
        outcome := 'pending';
        RETURN;
    END IF;
    INSERT INTO approvals (id, kind, state, promotion_id, purchase_id, base_version, proposal, shown, reason, requested_by,
        requested_at, expires_at)
    VALUES (p_approval_id, p_kind, 'pending', p_promotion_id, p_purchase_id, p_base_version, p_proposal, p_shown, p_reason,
        p_staff.actor_id, p_staff.at, p_expires_at);
    PERFORM record_staff_change(
        p_staff => p_staff, p_resource => 'approval', p_resource_id => p_approval_id::text, p_action => 'request',
        p_details => jsonb_strip_nulls(jsonb_build_object(
            'kind', p_kind, 'promotion_id', p_promotion_id, 'base_version', p_base_version, 'purchase_id', p_purchase_id,
            'amount_minor', p_proposal -> 'amount_minor', 'currency', p_proposal -> 'currency'
        )),
        p_user_id => p_user_id, p_reason => p_reason
    );
    outcome := 'requested';
    approval_id := p_approval_id;
END $$;
