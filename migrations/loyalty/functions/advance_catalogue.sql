-- Advances the version of the catalogue, so that callers reload what they have cached of it.
CREATE OR REPLACE FUNCTION advance_catalogue() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE catalogue_version SET version = version + 1;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER advance_catalogue AFTER INSERT OR UPDATE OR DELETE ON tariffs
    FOR EACH STATEMENT EXECUTE FUNCTION advance_catalogue();
CREATE OR REPLACE TRIGGER advance_catalogue AFTER INSERT OR UPDATE OR DELETE ON campaigns
    FOR EACH STATEMENT EXECUTE FUNCTION advance_catalogue();
CREATE OR REPLACE TRIGGER advance_catalogue AFTER INSERT OR UPDATE OR DELETE ON promotions
    FOR EACH STATEMENT EXECUTE FUNCTION advance_catalogue();
-- Only shared codes are in the catalogue: a batch of a million changes nothing there.
CREATE OR REPLACE TRIGGER advance_catalogue_for_new AFTER INSERT ON promo_codes
    FOR EACH ROW WHEN (NEW.batch_id IS NULL AND NEW.user_id IS NULL) EXECUTE FUNCTION advance_catalogue();
CREATE OR REPLACE TRIGGER advance_catalogue_for_changed
    AFTER UPDATE OF promotion_id, user_id, max_uses, ends_at, state, code, typed ON promo_codes
    FOR EACH ROW WHEN (OLD.batch_id IS NULL AND (OLD.user_id IS NULL OR NEW.user_id IS NULL))
    EXECUTE FUNCTION advance_catalogue();
CREATE OR REPLACE TRIGGER advance_catalogue_for_deleted AFTER DELETE ON promo_codes
    FOR EACH ROW WHEN (OLD.batch_id IS NULL AND OLD.user_id IS NULL) EXECUTE FUNCTION advance_catalogue();
