-- Applies users' statuses from the auth side and returns the users that changed: a newer version replaces an older one,
-- and with `p_repair` so does another status or first account of the same version. Each user may occur only once. If a
-- user is no longer active, the open applications are released (not those that are being paid: the payment decides),
-- and a deleted user is removed from all groups.
--
-- The users are locked first, so a transaction that adds an application or a membership under a lock of the user has
-- committed before these are looked up.
CREATE OR REPLACE FUNCTION apply_statuses(
    p_user_ids uuid[], p_statuses text[], p_versions bigint[], p_first_account_ids uuid[], p_repair boolean,
    p_now timestamptz
) RETURNS SETOF uuid LANGUAGE plpgsql AS $$
DECLARE
    v_changed uuid[];
    v_inactive uuid[];
    v_deleted uuid[];
    v_hold_ids uuid[];
BEGIN
    WITH changed AS (
        INSERT INTO users AS u (id, status, version, first_account_id, updated_at)
        SELECT o.id, o.status, o.version, o.first_account_id, p_now
        FROM unnest(p_user_ids, p_statuses, p_versions, p_first_account_ids) AS o (id, status, version, first_account_id)
        ORDER BY o.id
        ON CONFLICT (id) DO UPDATE
            SET status = excluded.status, version = excluded.version, first_account_id = excluded.first_account_id,
                updated_at = excluded.updated_at
            WHERE u.version < excluded.version
                OR (p_repair AND u.version = excluded.version
                    AND (u.status, u.first_account_id) IS DISTINCT FROM (excluded.status, excluded.first_account_id))
        RETURNING u.id, u.status
    )
    SELECT array_agg(c.id), array_agg(c.id) FILTER (WHERE c.status <> 'active'),
        array_agg(c.id) FILTER (WHERE c.status = 'deleted')
    INTO v_changed, v_inactive, v_deleted FROM changed c;
    IF array_remove(p_first_account_ids, NULL) <> '{}' THEN
        -- What was kept of the account before it was known whose it is.
        INSERT INTO insiders (person_id, promotion_id, code_id, since)
        SELECT u.first_account_id, i.promotion_id, i.code_id, i.since
        FROM users u JOIN insiders i ON i.person_id = u.id
        WHERE u.id = ANY (v_changed) AND u.first_account_id IS NOT NULL
        ORDER BY i.promotion_id, i.code_id
        ON CONFLICT DO NOTHING;
    END IF;
    IF v_deleted IS NOT NULL THEN
        DELETE FROM group_members m WHERE m.user_id = ANY (v_deleted);
    END IF;
    IF v_inactive IS NOT NULL THEN
        v_hold_ids := ARRAY(
            SELECT r FROM release_uses(
                p_application_ids => ARRAY(
                    SELECT a.id FROM applications a
                    WHERE a.user_id = ANY (v_inactive) AND a.state IN ('applied', 'paying') AND a.state = 'applied'
                ),
                p_from => 'applied', p_to => 'cancelled', p_cancel_reason => 'user_blocked', p_now => p_now
            ) AS r
        );
        IF v_deleted IS NOT NULL THEN
            UPDATE applications a SET cancel_reason = 'user_deleted'
            WHERE a.id = ANY (v_hold_ids) AND a.user_id = ANY (v_deleted);
        END IF;
    END IF;
    RETURN QUERY SELECT unnest(v_changed);
END $$;
