-- Asks for the approval of a new promotion (`p_promotion_id` is NULL), or of a change of one that has the version `p_version`.
-- The outcome: 'requested', also by an earlier call with the same key; 'done', if that call needed no approval; or, with
-- nothing requested, 'pending' (another one waits: `approval_id`), 'no_promotion', 'changed' (`version` is the current one),
-- 'archived', 'key_reused'. The promotion is locked before any approval, here and in
-- lock_approval.
CREATE OR REPLACE FUNCTION request_promotion_approval(
    p_approval_id uuid, p_promotion_id bigint, p_version integer, p_proposal jsonb, p_shown jsonb, p_reason text,
    p_expires_at timestamptz, p_staff staff_request,
    OUT outcome text, OUT approval_id uuid, OUT version integer
) LANGUAGE plpgsql AS $$
DECLARE
    v_resource_id text;
    v_status text;
BEGIN
    SELECT f.outcome, f.resource_id INTO outcome, v_resource_id FROM find_staff_request(p_staff) AS f;
    IF outcome = 'repeated' THEN
        SELECT a.id INTO approval_id FROM approvals a WHERE a.id::text = v_resource_id;
        outcome := CASE WHEN approval_id IS NULL THEN 'done' ELSE 'requested' END;
    END IF;
    IF outcome <> 'new' THEN
        RETURN;
    END IF;
    IF p_promotion_id IS NOT NULL THEN
        SELECT p.version, p.status INTO version, v_status FROM promotions p WHERE p.id = p_promotion_id FOR NO KEY UPDATE;
        outcome := CASE
            WHEN version IS NULL THEN 'no_promotion'
            WHEN version <> p_version THEN 'changed'
            WHEN v_status = 'archived' THEN 'archived'
            ELSE 'new'
        END;
        IF outcome <> 'new' THEN
            RETURN;
        END IF;
    END IF;
    SELECT o.outcome, o.approval_id INTO outcome, approval_id FROM open_approval(
        p_approval_id => p_approval_id, p_kind => 'promotion', p_promotion_id => p_promotion_id, p_purchase_id => NULL,
        p_base_version => version, p_proposal => p_proposal, p_shown => p_shown, p_reason => p_reason,
        p_expires_at => p_expires_at, p_staff => p_staff, p_user_id => NULL
    ) AS o;
END $$;
