-- Withdraws a change that waits for an approval: who asked for it, with whichever account, or, with `p_of_others`, anybody. The
-- outcome: 'withdrawn', also by an earlier call; or, with nothing changed, 'no_approval', 'decided' (`state` says how),
-- 'not_own', 'key_reused'.
CREATE OR REPLACE FUNCTION withdraw_approval(
    p_approval_id uuid, p_reason text, p_of_others boolean, p_staff staff_request, OUT outcome text, OUT state text
) LANGUAGE plpgsql AS $$
DECLARE
    a approvals;
BEGIN
    outcome := lock_approval(p_approval_id => p_approval_id, p_wanted => 'withdrawn', p_staff => p_staff);
    SELECT w.* INTO a FROM approvals w WHERE w.id = p_approval_id;
    state := a.state;
    IF outcome = 'repeated' THEN
        outcome := 'withdrawn';
    ELSIF outcome = 'pending' AND NOT p_of_others AND person_of(a.requested_by) <> person_of(p_staff.actor_id) THEN
        outcome := 'not_own';
    ELSIF outcome = 'pending' THEN
        PERFORM decide_approval(p_approval => a, p_state => 'withdrawn', p_reason => p_reason, p_staff => p_staff);
        outcome := 'withdrawn';
        state := 'withdrawn';
    END IF;
END $$;
