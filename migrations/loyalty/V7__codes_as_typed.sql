-- A promo code is shown as it was typed, and the text of one that is archived can be given to another.

ALTER TABLE promo_codes ADD COLUMN typed text;
ALTER TABLE promo_codes ADD COLUMN holds_text boolean DEFAULT true CONSTRAINT promo_codes_holds_text CHECK (holds_text);
COMMENT ON COLUMN promo_codes.typed IS 'The text as staff typed it, which people are shown; NULL when it is the canonical form.';
COMMENT ON COLUMN promo_codes.holds_text IS
    'NULL once the text belongs to another code, given when the promotion of this one was archived.';

-- Nothing has been released yet: no client assumes the constraint, and the table is small.
-- squawk-ignore ban-drop-constraint
ALTER TABLE promo_codes DROP CONSTRAINT promo_codes_code_key;
-- NULLs are distinct: of the codes with one text, one holds it.
-- squawk-ignore require-concurrent-index-creation
CREATE UNIQUE INDEX promo_codes_by_text ON promo_codes (code, holds_text);
-- What was decided about a code is also found by a text that it had before.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX past_versions_by_text ON past_versions ((snapshot ->> 'code')) WHERE kind = 'promo_code';
