-- What was bought, whether it is paid, and how long it lasts. Like applications, without foreign keys to tariffs.

CREATE TABLE purchases (
    id               uuid PRIMARY KEY,
    application_id   uuid REFERENCES applications (id),
    user_id          uuid        NOT NULL,
    tariff_id        bigint      NOT NULL,
    status           text        NOT NULL CHECK (status IN ('pending', 'paid', 'failed', 'refunded', 'revoked')),
    failure          text CHECK (failure IN ('payment_failed', 'payment_expired', 'payment_rejected', 'cancelled_by_buyer',
        'user_not_active', 'not_first_purchase')),
    price_minor      bigint      NOT NULL CHECK (price_minor > 0),
    total_minor      bigint      NOT NULL CHECK (total_minor BETWEEN 0 AND price_minor),
    currency         text        NOT NULL,
    period_months    integer CHECK (period_months > 0),
    trial_days       integer CHECK (trial_days > 0),
    payment_id       text UNIQUE,
    confirmation_url text,
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL,
    check_at         timestamptz,
    revoked_by       uuid,
    revoke_reason    text,
    CONSTRAINT purchases_failure CHECK ((status = 'failed') = (failure IS NOT NULL)),
    CONSTRAINT purchases_revoked CHECK ((status = 'revoked') = (num_nonnulls(revoked_by, revoke_reason) = 2)),
    CONSTRAINT purchases_period CHECK (num_nonnulls(period_months, trial_days) = 1)
);
COMMENT ON TABLE purchases IS 'A row is a purchase of a tariff, with a promo code or at the full price.';
COMMENT ON COLUMN purchases.application_id IS 'NULL at the full price.';
COMMENT ON COLUMN purchases.period_months IS 'What was bought, as the buyer saw it: calendar months, or trial_days.';
COMMENT ON COLUMN purchases.payment_id IS 'The provider''s ID of the payment.';
COMMENT ON COLUMN purchases.check_at IS
    'When to ask the provider about the payment; NULL once its outcome is known.';
CREATE UNIQUE INDEX purchases_open_by_application ON purchases (application_id) WHERE status IN ('pending', 'paid');
CREATE UNIQUE INDEX purchases_one_open_per_tariff ON purchases (user_id, tariff_id) WHERE status = 'pending';
CREATE INDEX purchases_to_check ON purchases (check_at) WHERE check_at IS NOT NULL;
CREATE INDEX purchases_by_user ON purchases (user_id, created_at DESC);
CREATE INDEX purchases_paid_by_user ON purchases (user_id) WHERE status = 'paid';
CREATE INDEX purchases_by_application ON purchases (application_id) WHERE application_id IS NOT NULL;

CREATE TABLE purchase_keys (
    user_id     uuid        NOT NULL,
    key         text        NOT NULL,
    purchase_id uuid        NOT NULL REFERENCES purchases (id),
    PRIMARY KEY (user_id, key)
);
COMMENT ON TABLE purchase_keys IS
    'A row is an Idempotency-Key that was answered with a purchase. A request that repeats it gets that purchase.';
CREATE INDEX purchase_keys_by_purchase ON purchase_keys (purchase_id);

CREATE TABLE subscriptions (
    purchase_id uuid PRIMARY KEY REFERENCES purchases (id),
    user_id     uuid        NOT NULL,
    tariff_id   bigint      NOT NULL,
    starts_at   timestamptz NOT NULL,
    ends_at     timestamptz NOT NULL,
    time_zone   text        NOT NULL,
    -- squawk-ignore prefer-timestamp-tz
    anchor      timestamp   NOT NULL,
    months      integer     NOT NULL,
    -- A subscription that is refunded before it begins has zero length.
    CONSTRAINT subscriptions_period CHECK (ends_at >= starts_at)
);
COMMENT ON TABLE subscriptions IS 'A row is the period that was bought with a purchase, half-open.';
COMMENT ON COLUMN subscriptions.anchor IS
    'When the chain of monthly periods began that this one belongs to, on the clock of the time zone. It ends `months` '
    'calendar months later; 0 for a period of days or one that was cut short, which no chain goes on from.';
CREATE INDEX subscriptions_by_user ON subscriptions (user_id, tariff_id, ends_at DESC);

CREATE TABLE ledger (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at           timestamptz NOT NULL,
    purchase_id  uuid        NOT NULL REFERENCES purchases (id),
    kind         text        NOT NULL CHECK (kind IN ('payment', 'refund')),
    reference    text        NOT NULL,
    amount_minor bigint      NOT NULL,
    currency     text        NOT NULL,
    UNIQUE (kind, reference),
    CONSTRAINT ledger_direction CHECK (CASE kind WHEN 'payment' THEN amount_minor > 0 ELSE amount_minor < 0 END)
);
COMMENT ON TABLE ledger IS
    'A row is a movement of money at the provider: payments are positive, refunds negative. It is never changed.';
COMMENT ON COLUMN ledger.reference IS 'The provider''s ID of the payment or the refund.';
CREATE UNIQUE INDEX ledger_one_payment ON ledger (purchase_id) WHERE kind = 'payment';
CREATE INDEX ledger_by_purchase ON ledger (purchase_id);

CREATE TABLE refunds (
    id              uuid PRIMARY KEY,
    purchase_id     uuid        NOT NULL REFERENCES purchases (id),
    amount_minor    bigint      NOT NULL CHECK (amount_minor > 0),
    currency        text        NOT NULL,
    cause           text        NOT NULL CHECK (cause IN ('staff', 'late_payment', 'provider')),
    actor_id        uuid CHECK ((actor_id IS NOT NULL) = (cause = 'staff')),
    idempotency_key text,
    status          text        NOT NULL CHECK (status IN ('pending', 'succeeded', 'failed')),
    failure         text CHECK ((failure IS NOT NULL) = (status = 'failed')),
    reference       text UNIQUE,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    check_at        timestamptz NOT NULL,
    UNIQUE (purchase_id, idempotency_key)
);
COMMENT ON TABLE refunds IS 'A row is a refund to a buyer, whatever its status.';
COMMENT ON COLUMN refunds.id IS 'Also the idempotence key at the provider.';
COMMENT ON COLUMN refunds.cause IS 'Ordered by staff, due to a late payment, or made directly at the provider.';
COMMENT ON COLUMN refunds.failure IS 'The provider''s reason for the failure.';
COMMENT ON COLUMN refunds.check_at IS 'When to ask the provider again.';
CREATE INDEX refunds_to_check ON refunds (check_at) WHERE status = 'pending';
