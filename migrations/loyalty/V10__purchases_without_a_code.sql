-- A tariff can be bought at its full price, without a promo code.

ALTER TABLE purchases
    ALTER COLUMN application_id DROP NOT NULL,
    -- What is bought, as it was when the buyer saw the price: months of the calendar, or days of a trial.
    ADD COLUMN period_months integer CHECK (period_months > 0),
    ADD COLUMN trial_days    integer CHECK (trial_days > 0);

UPDATE purchases b SET
    trial_days = a.trial_days,
    period_months = CASE WHEN a.trial_days IS NULL THEN t.period_months END
FROM applications a, tariffs t WHERE a.id = b.application_id AND t.id = b.tariff_id;

ALTER TABLE purchases ADD CONSTRAINT purchases_period CHECK (num_nonnulls(period_months, trial_days) = 1);

-- Asking again while the payment is awaited is the same purchase.
CREATE UNIQUE INDEX purchases_open_at_full_price ON purchases (user_id, tariff_id)
    WHERE application_id IS NULL AND status = 'pending';
CREATE INDEX purchases_by_user ON purchases (user_id, created_at DESC);
