-- An event for each refund of a purchase that was paid. Money that came late and goes back was never a sale: there is
-- none for it. Deferred to the commit: the subscription is cut by then.
CREATE OR REPLACE FUNCTION refunds_emit_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM enqueue_purchase_event(
        p_event_id => NEW.id, p_purchase_id => b.id, p_refund_minor => NEW.amount_minor, p_now => NEW.updated_at
    )
    FROM purchases b WHERE b.id = NEW.purchase_id AND b.status IN ('paid', 'refunded');
    RETURN NULL;
END $$;

DROP TRIGGER IF EXISTS refunds_emit_event ON refunds;
CREATE CONSTRAINT TRIGGER refunds_emit_event AFTER INSERT OR UPDATE OF status ON refunds
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.status = 'succeeded') EXECUTE FUNCTION refunds_emit_event();
