-- Archives a row before staff change it and increments its version, so that a decision based on the earlier version is
-- made again.
CREATE OR REPLACE FUNCTION keep_past_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO past_versions (kind, id, version, until, snapshot)
    VALUES (TG_ARGV[0], OLD.id, OLD.version, clock_timestamp(), to_jsonb(OLD));
    NEW.version := OLD.version + 1;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER keep_past_version BEFORE UPDATE ON tariffs
    FOR EACH ROW EXECUTE FUNCTION keep_past_version('tariff');
CREATE OR REPLACE TRIGGER keep_past_version BEFORE UPDATE ON campaigns
    FOR EACH ROW EXECUTE FUNCTION keep_past_version('campaign');
CREATE OR REPLACE TRIGGER keep_past_version BEFORE UPDATE ON promotions
    FOR EACH ROW EXECUTE FUNCTION keep_past_version('promotion');
CREATE OR REPLACE TRIGGER keep_past_version BEFORE UPDATE ON user_groups
    FOR EACH ROW EXECUTE FUNCTION keep_past_version('group');
-- Not when a use is counted.
CREATE OR REPLACE TRIGGER keep_past_version BEFORE UPDATE OF promotion_id, user_id, max_uses, ends_at, state, code
    ON promo_codes FOR EACH ROW EXECUTE FUNCTION keep_past_version('promo_code');
