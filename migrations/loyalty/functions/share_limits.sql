-- Distributes the limits of a new or changed promotion or campaign over the stripes of its counter.
CREATE OR REPLACE FUNCTION share_limits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'promotions' THEN
        PERFORM rebalance_promotion(NEW.id, NEW.total_limit, NEW.budget_minor, stripes_for(NEW.total_limit));
    ELSE
        PERFORM rebalance_campaign(NEW.id, NEW.total_limit, NEW.budget_minor, stripes_for(NEW.total_limit));
    END IF;
    RETURN NULL;
END $$;

-- A counter without limits gets its stripes when they are first used.
CREATE OR REPLACE TRIGGER share_limits_of_new AFTER INSERT ON promotions
    FOR EACH ROW WHEN (num_nonnulls(NEW.total_limit, NEW.budget_minor) > 0) EXECUTE FUNCTION share_limits();
CREATE OR REPLACE TRIGGER share_limits_of_changed AFTER UPDATE OF total_limit, budget_minor ON promotions
    FOR EACH ROW WHEN ((OLD.total_limit, OLD.budget_minor) IS DISTINCT FROM (NEW.total_limit, NEW.budget_minor))
    EXECUTE FUNCTION share_limits();
CREATE OR REPLACE TRIGGER share_limits_of_new AFTER INSERT ON campaigns
    FOR EACH ROW WHEN (num_nonnulls(NEW.total_limit, NEW.budget_minor) > 0) EXECUTE FUNCTION share_limits();
CREATE OR REPLACE TRIGGER share_limits_of_changed AFTER UPDATE OF total_limit, budget_minor ON campaigns
    FOR EACH ROW WHEN ((OLD.total_limit, OLD.budget_minor) IS DISTINCT FROM (NEW.total_limit, NEW.budget_minor))
    EXECUTE FUNCTION share_limits();
