-- Rejects a change that waits for an approval. The outcome: 'rejected', also by an earlier call; or, with nothing changed,
-- 'no_approval', 'decided' (`state` says how), 'own' (the person who asked for it withdraws it), 'key_reused'.
CREATE OR REPLACE FUNCTION reject_approval(
    p_approval_id uuid, p_reason text, p_staff staff_request, OUT outcome text, OUT state text
) LANGUAGE plpgsql AS $$
DECLARE
    a approvals;
BEGIN
    outcome := lock_approval(p_approval_id => p_approval_id, p_wanted => 'rejected', p_staff => p_staff);
    SELECT w.* INTO a FROM approvals w WHERE w.id = p_approval_id;
    state := a.state;
    IF outcome = 'repeated' THEN
        outcome := 'rejected';
    ELSIF outcome = 'pending' AND person_of(a.requested_by) = person_of(p_staff.actor_id) THEN
        outcome := 'own';
    ELSIF outcome = 'pending' THEN
        PERFORM decide_approval(p_approval => a, p_state => 'rejected', p_reason => p_reason, p_staff => p_staff);
        outcome := 'rejected';
        state := 'rejected';
    END IF;
END $$;
