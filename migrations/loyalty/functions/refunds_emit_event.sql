-- Writes an event for each refund of a purchase that was paid. A late payment that is refunded was never a sale, so it
-- has no event. Deferred to the commit, when the subscription has been shortened.
CREATE OR REPLACE FUNCTION refunds_emit_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM enqueue_purchase_event(
        p_event_id => NEW.id, p_purchase_id => b.id, p_refund_minor => NEW.amount_minor, p_revoked => false,
        p_now => NEW.updated_at
    )
    FROM purchases b WHERE b.id = NEW.purchase_id AND b.status IN ('paid', 'refunded', 'revoked');
    RETURN NULL;
END $$;

DROP TRIGGER IF EXISTS refunds_emit_event ON refunds;
CREATE CONSTRAINT TRIGGER refunds_emit_event AFTER INSERT OR UPDATE OF status ON refunds
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.status = 'succeeded') EXECUTE FUNCTION refunds_emit_event();
