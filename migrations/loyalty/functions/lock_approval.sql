-- Locks an approval for the decision of a member of staff. Returns 'pending'; 'repeated', if the same person has brought
-- it into the state `p_wanted` before, or the same key came with this request; or, with nothing to decide, 'no_approval',
-- 'decided' (its state says how, and is 'expired' also if nobody had marked it), 'key_reused'. What it is about is locked first,
-- as by whoever asks for an approval.
CREATE OR REPLACE FUNCTION lock_approval(
    p_approval_id uuid, p_wanted text, p_staff staff_request
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    a approvals;
    v_outcome text;
BEGIN
    SELECT f.outcome INTO v_outcome FROM find_staff_request(p_staff) AS f;
    IF v_outcome <> 'new' THEN
        RETURN v_outcome;
    END IF;
    PERFORM FROM promotions p
    WHERE p.id = (SELECT w.promotion_id FROM approvals w WHERE w.id = p_approval_id) FOR NO KEY UPDATE;
    PERFORM FROM purchases b
    WHERE b.id = (SELECT w.purchase_id FROM approvals w WHERE w.id = p_approval_id) FOR NO KEY UPDATE;
    SELECT w.* INTO a FROM approvals w WHERE w.id = p_approval_id FOR NO KEY UPDATE;
    IF a.id IS NULL THEN
        RETURN 'no_approval';
    ELSIF a.state = 'pending' AND a.expires_at > p_staff.at THEN
        RETURN 'pending';
    ELSIF a.state = 'pending' THEN
        UPDATE approvals w SET state = 'expired' WHERE w.id = p_approval_id;
    ELSIF a.state = p_wanted AND a.decided_by = p_staff.actor_id THEN
        PERFORM keep_staff_request(p_staff => p_staff, p_resource_id => p_approval_id::text);
        RETURN 'repeated';
    END IF;
    RETURN 'decided';
END $$;
