-- Money that moved, money that goes back, and money that comes late. See docs/adr/0015-late-money-and-refunds.md.

-- Money that the provider has moved: in is above zero, out is below. What is here is never changed.
CREATE TABLE ledger (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at           timestamptz NOT NULL,
    purchase_id  uuid        NOT NULL REFERENCES purchases (id),
    kind         text        NOT NULL CHECK (kind IN ('payment', 'refund')),
    -- The provider's number of the payment or the refund.
    reference    text        NOT NULL,
    amount_minor bigint      NOT NULL,
    currency     char(3)     NOT NULL,
    UNIQUE (kind, reference),
    CONSTRAINT ledger_direction CHECK (CASE kind WHEN 'payment' THEN amount_minor > 0 ELSE amount_minor < 0 END)
);
CREATE UNIQUE INDEX ledger_one_payment ON ledger (purchase_id) WHERE kind = 'payment';
CREATE INDEX ledger_by_purchase ON ledger (purchase_id);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the table % is only added to', TG_TABLE_NAME;
END $$;
CREATE TRIGGER ledger_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

INSERT INTO ledger (at, purchase_id, kind, reference, amount_minor, currency)
SELECT updated_at, id, 'payment', coalesce(payment_id, id::text), total_minor, currency
FROM purchases WHERE status = 'paid' AND total_minor > 0;

-- A refunded purchase was paid, and all of it went back.
ALTER TABLE purchases
    DROP CONSTRAINT purchases_status_check,
    ADD CONSTRAINT purchases_status_check CHECK (status IN ('pending', 'paid', 'failed', 'refunded'));
ALTER TABLE applications
    DROP CONSTRAINT applications_cancel_reason_check,
    ADD CONSTRAINT applications_cancel_reason_check CHECK (cancel_reason IN
        ('user', 'admin', 'payment_failed', 'payment_expired', 'user_blocked', 'user_deleted', 'refunded'));
-- A subscription that is taken back before it begins lasts no time.
ALTER TABLE subscriptions
    DROP CONSTRAINT subscriptions_check,
    ADD CONSTRAINT subscriptions_period CHECK (ends_at >= starts_at);

-- Whether a use of the code can be used again when the whole purchase is refunded.
ALTER TABLE promo_codes ADD COLUMN refund_returns_use boolean NOT NULL DEFAULT true;
UPDATE versions SET snapshot = snapshot || '{"refund_returns_use": true}' WHERE scope = 'promo';

CREATE TABLE refunds (
    -- Also the idempotence key at the provider.
    id              uuid PRIMARY KEY,
    purchase_id     uuid        NOT NULL REFERENCES purchases (id),
    amount_minor    bigint      NOT NULL CHECK (amount_minor > 0),
    currency        char(3)     NOT NULL,
    -- Ordered by staff, because money came too late, or made at the provider by somebody.
    cause           text        NOT NULL CHECK (cause IN ('staff', 'late_payment', 'provider')),
    actor_id        uuid CHECK ((actor_id IS NOT NULL) = (cause = 'staff')),
    idempotency_key text,
    status          text        NOT NULL CHECK (status IN ('pending', 'succeeded', 'failed')),
    -- The provider's reason.
    failure         text CHECK ((failure IS NOT NULL) = (status = 'failed')),
    reference       text UNIQUE,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    -- When to ask the provider again.
    check_at        timestamptz NOT NULL,
    UNIQUE (purchase_id, idempotency_key)
);
CREATE INDEX refunds_to_check ON refunds (check_at) WHERE status = 'pending';

-- Makes the subscription of a purchase. It begins when the user's subscription to the same tariff ends, so one waits for
-- another that is being made. Months are those of the calendar: 31 January and one is 28 or 29 February.
CREATE FUNCTION subscribe(
    of_purchase uuid, of_user uuid, of_tariff bigint, months integer, days integer, at timestamptz
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    start timestamptz;
BEGIN
    PERFORM lock_subscriptions(of_user, of_tariff);
    SELECT greatest(at, max(s.ends_at)) INTO start FROM subscriptions s
    WHERE s.user_id = of_user AND s.tariff_id = of_tariff;
    INSERT INTO subscriptions (purchase_id, user_id, tariff_id, starts_at, ends_at)
    VALUES (of_purchase, of_user, of_tariff, start,
        (start AT TIME ZONE 'UTC' + make_interval(months => coalesce(months, 0), days => coalesce(days, 0)))
        AT TIME ZONE 'UTC');
    RETURN true;
END $$;

CREATE FUNCTION lock_subscriptions(of_user uuid, of_tariff bigint) RETURNS void LANGUAGE sql AS
    'SELECT pg_advisory_xact_lock(hashtextextended(of_user::text, of_tariff))';

-- Orders a refund of `wanted_minor`, or of all that is left. The outcome: 'ordered', also by an earlier call with this
-- key; 'key_reused', 'no_purchase', 'not_paid', 'nothing_left', 'too_much'.
CREATE FUNCTION order_refund(
    of_purchase uuid, refund_id uuid, wanted_minor bigint, actor uuid, key text, at timestamptz
) RETURNS TABLE (outcome text, ordered_id uuid, left_minor bigint) LANGUAGE plpgsql AS $$
DECLARE
    b purchases;
    earlier refunds;
BEGIN
    SELECT * INTO b FROM purchases WHERE id = of_purchase FOR UPDATE;
    IF NOT FOUND THEN
        RETURN QUERY SELECT 'no_purchase', NULL::uuid, NULL::bigint;
        RETURN;
    END IF;
    SELECT * INTO earlier FROM refunds WHERE purchase_id = b.id AND idempotency_key = key;
    IF FOUND THEN
        RETURN QUERY SELECT
            CASE WHEN wanted_minor IS NULL OR wanted_minor = earlier.amount_minor THEN 'ordered' ELSE 'key_reused' END,
            earlier.id, NULL::bigint;
        RETURN;
    END IF;
    left_minor := b.total_minor - coalesce(
        (SELECT sum(amount_minor) FROM refunds WHERE purchase_id = b.id AND status <> 'failed'), 0);
    IF b.status NOT IN ('paid', 'refunded') THEN
        outcome := 'not_paid';
    ELSIF left_minor <= 0 THEN
        outcome := 'nothing_left';
    ELSIF wanted_minor > left_minor THEN
        outcome := 'too_much';
    ELSE
        outcome := 'ordered';
        ordered_id := refund_id;
        INSERT INTO refunds (id, purchase_id, amount_minor, currency, cause, actor_id, idempotency_key, status,
            created_at, updated_at, check_at)
        VALUES (refund_id, b.id, coalesce(wanted_minor, left_minor), b.currency, 'staff', actor, key, 'pending',
            at, at, at + interval '1 minute');
    END IF;
    RETURN NEXT;
END $$;

-- A stripe of a counter with room for one more use with this discount; NULL when the limits leave none. The stripes are
-- locked.
CREATE FUNCTION stripe_with_room(of_scope text, of_id bigint, discount_minor bigint) RETURNS smallint
LANGUAGE plpgsql AS $$
DECLARE
    found_stripe smallint;
BEGIN
    PERFORM FROM usage_counters WHERE scope = of_scope AND scope_id = of_id ORDER BY stripe FOR UPDATE;
    SELECT c.stripe INTO found_stripe FROM usage_counters c
    WHERE c.scope = of_scope AND c.scope_id = of_id
        AND (c.quota IS NULL OR c.taken < c.quota)
        AND (c.quota_minor IS NULL OR c.spent_minor + discount_minor <= c.quota_minor)
        AND NOT EXISTS (
            SELECT FROM usage_counters o WHERE o.scope = of_scope AND o.scope_id = of_id
                AND (o.taken > o.quota OR o.spent_minor > o.quota_minor)
        )
    ORDER BY c.stripe LIMIT 1;
    RETURN found_stripe;
END $$;

-- The same, after gathering what is left in one stripe if no single one has enough.
CREATE FUNCTION room_for_use(of_scope text, of_id bigint, discount_minor bigint) RETURNS smallint
LANGUAGE plpgsql AS $$
DECLARE
    found_stripe smallint := stripe_with_room(of_scope, of_id, discount_minor);
BEGIN
    IF found_stripe IS NULL AND of_scope = 'promo' THEN
        PERFORM spread_usage('promo', id, total_limit, budget_minor, 1) FROM promo_codes WHERE id = of_id;
    ELSIF found_stripe IS NULL THEN
        PERFORM spread_usage('campaign', id, total_limit, budget_minor, 1) FROM campaigns WHERE id = of_id;
    ELSE
        RETURN found_stripe;
    END IF;
    RETURN stripe_with_room(of_scope, of_id, discount_minor);
END $$;

-- Takes the use of an application that was given back once more, and spends it. False when the limits of the code, its
-- campaign or its user leave none.
CREATE FUNCTION use_again(of_application uuid, at timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    a applications;
    found_stripe smallint;
    found_campaign_stripe smallint;
    free_slot integer;
BEGIN
    SELECT * INTO STRICT a FROM applications WHERE id = of_application;
    found_stripe := room_for_use('promo', a.promo_id, a.price_minor - a.total_minor);
    IF a.campaign_id IS NOT NULL THEN
        found_campaign_stripe := room_for_use('campaign', a.campaign_id, a.price_minor - a.total_minor);
    END IF;
    -- The lowest number among the user's uses that is free: at most one more than there are uses.
    SELECT min(n) INTO free_slot
    FROM generate_series(1, 1 + (
        SELECT count(*) FROM applications WHERE promo_id = a.promo_id AND user_id = a.user_id
    )) AS n
    WHERE NOT EXISTS (
        SELECT FROM applications o
        WHERE o.promo_id = a.promo_id AND o.user_id = a.user_id AND o.period = a.period AND o.slot = n
            AND o.state IN ('applied', 'paying', 'used')
    );
    IF free_slot > (SELECT per_user_limit FROM promo_codes WHERE id = a.promo_id) THEN
        RETURN false;
    END IF;
    IF found_stripe IS NULL OR (a.campaign_id IS NOT NULL AND found_campaign_stripe IS NULL) THEN
        RETURN false;
    END IF;
    UPDATE usage_counters SET taken = taken + 1, spent_minor = spent_minor + a.price_minor - a.total_minor
    WHERE (scope, scope_id, stripe) IN
        (('promo', a.promo_id, found_stripe), ('campaign', a.campaign_id, found_campaign_stripe));
    UPDATE applications SET state = 'used', cancel_reason = NULL, updated_at = at, slot = free_slot,
        stripe = found_stripe, campaign_stripe = found_campaign_stripe
    WHERE id = of_application AND state IN ('cancelled', 'expired');
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the application % was not given back', of_application;
    END IF;
    RETURN true;
END $$;

-- Money has come for a purchase that had failed. The sale is kept if the user is active and the limits still allow its
-- use; else the money is to go back, by the refund `refund_id`. 'kept', 'refunding', or 'before' when this payment, or
-- another, had come before.
CREATE FUNCTION take_late_payment(of_purchase uuid, payment_reference text, refund_id uuid, at timestamptz)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    b purchases;
    kept boolean;
BEGIN
    SELECT * INTO STRICT b FROM purchases WHERE id = of_purchase FOR UPDATE;
    IF b.status <> 'failed' OR EXISTS (SELECT FROM ledger WHERE purchase_id = b.id AND kind = 'payment') THEN
        RETURN 'before';
    END IF;
    INSERT INTO ledger (at, purchase_id, kind, reference, amount_minor, currency)
    VALUES (at, b.id, 'payment', payment_reference, b.total_minor, b.currency);
    PERFORM FROM users WHERE id = b.user_id AND status = 'active' FOR SHARE;
    kept := FOUND;
    IF kept AND b.application_id IS NOT NULL THEN
        BEGIN
            kept := use_again(b.application_id, at);
        EXCEPTION WHEN unique_violation THEN
            -- The user's last use was taken meanwhile.
            kept := false;
        END;
    END IF;
    IF NOT kept THEN
        INSERT INTO refunds (id, purchase_id, amount_minor, currency, cause, status, created_at, updated_at, check_at)
        VALUES (refund_id, b.id, b.total_minor, b.currency, 'late_payment', 'pending', at, at, at);
        RETURN 'refunding';
    END IF;
    UPDATE purchases SET status = 'paid', failure = NULL, updated_at = at WHERE id = b.id;
    PERFORM subscribe(b.id, b.user_id, b.tariff_id, b.period_months, b.trial_days, at);
    RETURN 'kept';
END $$;

-- Money has gone back. When all of it has, the subscription ends, those that follow it move up, and the use of the code
-- is given back if the code says so. False when that was known.
CREATE FUNCTION complete_refund(of_refund uuid, refund_reference text, at timestamptz) RETURNS boolean
LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
    r refunds;
    b purchases;
    a applications;
    s subscriptions;
    ends timestamptz;
BEGIN
    SELECT p.* INTO STRICT b FROM purchases p JOIN refunds o ON o.purchase_id = p.id WHERE o.id = of_refund FOR UPDATE OF p;
    UPDATE refunds SET status = 'succeeded', reference = refund_reference, updated_at = at
    WHERE id = of_refund AND status = 'pending' RETURNING * INTO r;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO ledger (at, purchase_id, kind, reference, amount_minor, currency)
    VALUES (at, b.id, 'refund', refund_reference, -r.amount_minor, r.currency);
    IF b.status <> 'paid' OR (SELECT sum(l.amount_minor) FROM ledger l WHERE l.purchase_id = b.id) > 0 THEN
        RETURN true;
    END IF;
    UPDATE purchases SET status = 'refunded', updated_at = at WHERE id = b.id;
    PERFORM lock_subscriptions(b.user_id, b.tariff_id);
    SELECT * INTO STRICT s FROM subscriptions WHERE purchase_id = b.id;
    ends := least(s.ends_at, greatest(s.starts_at, at));
    UPDATE subscriptions SET ends_at = ends WHERE purchase_id = b.id;
    UPDATE subscriptions AS later
    SET starts_at = later.starts_at - (s.ends_at - ends), ends_at = later.ends_at - (s.ends_at - ends)
    WHERE later.user_id = s.user_id AND later.tariff_id = s.tariff_id AND later.starts_at >= s.ends_at
        AND later.purchase_id <> s.purchase_id AND s.ends_at > ends;
    IF b.application_id IS NULL
        OR NOT (SELECT p.refund_returns_use FROM promo_codes p JOIN applications u ON u.promo_id = p.id
                WHERE u.id = b.application_id)
    THEN
        RETURN true;
    END IF;
    SELECT * INTO STRICT a FROM applications WHERE id = b.application_id;
    PERFORM FROM usage_counters c WHERE c.scope = 'promo' AND c.scope_id = a.promo_id AND c.stripe = a.stripe FOR UPDATE;
    PERFORM FROM usage_counters c
    WHERE c.scope = 'campaign' AND c.scope_id = a.campaign_id AND c.stripe = a.campaign_stripe FOR UPDATE;
    UPDATE applications SET state = 'cancelled', cancel_reason = 'refunded', updated_at = at
    WHERE id = a.id AND state = 'used';
    UPDATE usage_counters c SET taken = c.taken - 1, spent_minor = c.spent_minor - (a.price_minor - a.total_minor)
    WHERE (c.scope, c.scope_id, c.stripe) IN
        (('promo', a.promo_id, a.stripe), ('campaign', a.campaign_id, a.campaign_stripe));
    RETURN true;
END $$;
