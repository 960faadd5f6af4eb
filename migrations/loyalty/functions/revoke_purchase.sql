-- Takes a paid purchase back without a refund: see end_purchase. Its money, if any, can still be refunded. The outcome:
-- 'revoked', also by an earlier call; 'refunded', 'not_paid', 'no_purchase'.
CREATE OR REPLACE FUNCTION revoke_purchase(
    p_purchase_id uuid, p_revocation_id uuid, p_actor_id uuid, p_reason text, p_now timestamptz
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    b purchases;
BEGIN
    SELECT p.* INTO b FROM purchases p WHERE p.id = p_purchase_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN 'no_purchase';
    ELSIF b.status = 'revoked' THEN
        RETURN 'revoked';
    ELSIF b.status = 'refunded' THEN
        RETURN 'refunded';
    ELSIF b.status <> 'paid' THEN
        RETURN 'not_paid';
    END IF;
    UPDATE purchases p SET status = 'revoked', revoked_by = p_actor_id, revoke_reason = p_reason WHERE p.id = b.id;
    PERFORM end_purchase(p_purchase_id => b.id, p_status => 'revoked', p_now => p_now);
    PERFORM enqueue_purchase_event(
        p_event_id => p_revocation_id, p_purchase_id => b.id, p_refund_minor => NULL, p_revoked => true, p_now => p_now
    );
    RETURN 'revoked';
END $$;
