-- Ends an approval that is locked and pending, and records who did it, and why, in the audit log.
CREATE OR REPLACE FUNCTION decide_approval(p_approval approvals, p_state text, p_reason text, p_staff staff_request)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE approvals a
    SET state = p_state, promotion_id = p_approval.promotion_id, decided_by = p_staff.actor_id, decided_at = p_staff.at,
        decision_reason = p_reason
    WHERE a.id = p_approval.id;
    PERFORM record_staff_change(
        p_staff => p_staff, p_resource => 'approval', p_resource_id => p_approval.id::text,
        p_action => CASE p_state WHEN 'approved' THEN 'approve' WHEN 'rejected' THEN 'reject' ELSE 'withdraw' END,
        p_details => jsonb_strip_nulls(jsonb_build_object(
            'kind', p_approval.kind, 'promotion_id', p_approval.promotion_id, 'purchase_id', p_approval.purchase_id,
            'requested_by', p_approval.requested_by
        )),
        p_user_id => (SELECT b.user_id FROM purchases b WHERE b.id = p_approval.purchase_id),
        p_reason => p_reason
    );
END $$;
