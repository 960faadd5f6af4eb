-- Subscriptions that staff give, and why staff refund: docs/adr/0028-given-subscriptions.md.

ALTER TABLE purchases ADD COLUMN given_by uuid;
ALTER TABLE purchases ADD COLUMN give_reason text;
ALTER TABLE purchases ADD COLUMN code_id bigint;
COMMENT ON COLUMN purchases.application_id IS 'NULL at the full price, and for what staff gave.';
COMMENT ON COLUMN purchases.given_by IS 'Who of the staff gave it; NULL for what was bought.';
COMMENT ON COLUMN purchases.give_reason IS 'Why, for staff alone.';
COMMENT ON COLUMN purchases.code_id IS 'The promo code of the application, so that the purchases of a code are found in the order of time.';
UPDATE purchases b SET code_id = a.code_id FROM applications a WHERE a.id = b.application_id;
-- Nothing has been released yet: the tables are small, and nothing reads them while this runs.
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE purchases ADD CONSTRAINT purchases_given CHECK (
    (given_by IS NOT NULL) = (application_id IS NULL AND total_minor = 0)
    AND (given_by IS NULL) = (give_reason IS NULL)
);
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE purchases ADD CONSTRAINT purchases_code CHECK ((code_id IS NULL) = (application_id IS NULL));
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX purchases_by_time ON purchases (created_at, id);
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX purchases_by_code ON purchases (code_id, created_at, id) WHERE code_id IS NOT NULL;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX purchases_not_sold ON purchases (status, created_at, id) WHERE status IN ('failed', 'refunded', 'revoked');

ALTER TABLE refunds ADD COLUMN reason text;
COMMENT ON COLUMN refunds.reason IS 'Why staff ordered it, for staff alone.';
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE refunds ADD CONSTRAINT refunds_reason CHECK (reason IS NULL OR cause = 'staff');
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX refunds_by_time ON refunds (created_at, id);
