-- Writes an event for each purchase that becomes paid. Deferred to the commit, when the subscription exists.
CREATE OR REPLACE FUNCTION purchases_emit_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM enqueue_purchase_event(
        p_event_id => NEW.id, p_purchase_id => NEW.id, p_refund_minor => NULL, p_revoked => false, p_now => NEW.updated_at
    );
    RETURN NULL;
END $$;

DROP TRIGGER IF EXISTS purchases_emit_event ON purchases;
CREATE CONSTRAINT TRIGGER purchases_emit_event AFTER INSERT OR UPDATE OF status ON purchases
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.status = 'paid') EXECUTE FUNCTION purchases_emit_event();
