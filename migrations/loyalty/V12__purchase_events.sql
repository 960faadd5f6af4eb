-- What is told of purchases: docs/purchase-events.md. Why it is written by triggers: docs/adr/0017-purchase-events.md.

-- Published in order per user, as the outbox of the auth side is. No personal data.
CREATE TABLE outbox (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- The number of the purchase that was paid, or of the refund: neither is told twice.
    event_id       uuid        NOT NULL UNIQUE,
    user_id        uuid        NOT NULL,
    sequence       bigint      NOT NULL,
    purchase_id    uuid        NOT NULL,
    tariff_id      bigint      NOT NULL,
    promo_id       bigint,
    price_minor    bigint      NOT NULL,
    total_minor    bigint      NOT NULL,
    currency       char(3)     NOT NULL,
    -- The subscription of the purchase, and the end of all of the user's to this tariff.
    starts_at      timestamptz NOT NULL,
    ends_at        timestamptz NOT NULL,
    paid_until     timestamptz NOT NULL,
    -- What went back with this refund, and in all.
    refund_minor   bigint,
    refunded_minor bigint,
    occurred_at    timestamptz NOT NULL,
    published_at   timestamptz,
    claimed_until  timestamptz,
    UNIQUE (user_id, sequence),
    CONSTRAINT outbox_refund CHECK ((refund_minor IS NULL) = (refunded_minor IS NULL))
);
CREATE INDEX outbox_unpublished ON outbox (id) WHERE published_at IS NULL;
CREATE INDEX outbox_published ON outbox (published_at) WHERE published_at IS NOT NULL;

-- The sequence of each user's last event, which outlives the event: one for every purchase that was paid and for every
-- refund of one, also for those before there were events.
CREATE TABLE purchase_event_counts (
    user_id uuid PRIMARY KEY,
    last    bigint NOT NULL CHECK (last > 0)
);

-- Writes an event about a purchase as it is now.
CREATE FUNCTION tell_purchase(event uuid, of_purchase uuid, refund_minor bigint, at timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
    nth bigint;
BEGIN
    INSERT INTO purchase_event_counts AS c (user_id, last) SELECT b.user_id, 1 FROM purchases b WHERE b.id = of_purchase
    ON CONFLICT ON CONSTRAINT purchase_event_counts_pkey DO UPDATE SET last = c.last + 1
    RETURNING c.last INTO nth;
    -- A statement of its own: it sees all that the user's events before this one tell, since it waited for them.
    INSERT INTO outbox (event_id, user_id, sequence, purchase_id, tariff_id, promo_id, price_minor, total_minor,
        currency, starts_at, ends_at, paid_until, refund_minor, refunded_minor, occurred_at)
    SELECT event, b.user_id, nth, b.id, b.tariff_id, a.promo_id, b.price_minor, b.total_minor, b.currency,
        s.starts_at, s.ends_at,
        (SELECT max(o.ends_at) FROM subscriptions o WHERE o.user_id = b.user_id AND o.tariff_id = b.tariff_id),
        refund_minor,
        CASE WHEN refund_minor IS NOT NULL THEN (
            SELECT sum(r.amount_minor) FROM refunds r WHERE r.purchase_id = b.id AND r.status = 'succeeded'
        ) END,
        at
    FROM purchases b JOIN subscriptions s ON s.purchase_id = b.id LEFT JOIN applications a ON a.id = b.application_id
    WHERE b.id = of_purchase;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the purchase % is paid and has no subscription', of_purchase;
    END IF;
END $$;

CREATE FUNCTION tell_paid() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell_purchase(NEW.id, NEW.id, NULL, NEW.updated_at);
    RETURN NULL;
END $$;

-- Money that came late and goes back was never a sale: nothing is told of it.
CREATE FUNCTION tell_refunded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell_purchase(NEW.id, b.id, NEW.amount_minor, NEW.updated_at)
    FROM purchases b WHERE b.id = NEW.purchase_id AND b.status IN ('paid', 'refunded');
    RETURN NULL;
END $$;

-- Deferred to the commit: the subscription is made or cut by then. Refunds first, as in complete_refund, since this
-- waits for those who write to either table.
CREATE CONSTRAINT TRIGGER refunds_are_told AFTER INSERT OR UPDATE OF status ON refunds
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.status = 'succeeded') EXECUTE FUNCTION tell_refunded();
CREATE CONSTRAINT TRIGGER purchases_are_told AFTER INSERT OR UPDATE OF status ON purchases
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.status = 'paid') EXECUTE FUNCTION tell_paid();

INSERT INTO purchase_event_counts (user_id, last)
SELECT user_id, count(*) FROM (
    SELECT user_id FROM purchases WHERE status IN ('paid', 'refunded')
    UNION ALL
    SELECT b.user_id FROM refunds r JOIN purchases b ON b.id = r.purchase_id
    WHERE r.status = 'succeeded' AND b.status IN ('paid', 'refunded')
) AS told
GROUP BY user_id;
