-- What was: so that staff can ask why a code did not pass as of a past time.

-- Every version of a promo code, a campaign and a tariff, as it was from `at` on.
CREATE TABLE versions (
    scope    text        NOT NULL CHECK (scope IN ('promo', 'campaign', 'tariff')),
    scope_id bigint      NOT NULL,
    at       timestamptz NOT NULL,
    -- The whole row.
    snapshot jsonb       NOT NULL,
    PRIMARY KEY (scope, scope_id, at)
);

CREATE FUNCTION keep_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO versions (scope, scope_id, at, snapshot) VALUES (TG_ARGV[0], NEW.id, clock_timestamp(), to_jsonb(NEW))
    ON CONFLICT (scope, scope_id, at) DO UPDATE SET snapshot = excluded.snapshot;
    RETURN NULL;
END $$;

-- The version grows with every change, whoever makes it: a decision made from the row before is then made again.
CREATE FUNCTION next_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version = OLD.version + 1;
    RETURN NEW;
END $$;
CREATE TRIGGER next_version BEFORE UPDATE ON promo_codes FOR EACH ROW EXECUTE FUNCTION next_version();
CREATE TRIGGER next_version BEFORE UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION next_version();

CREATE TRIGGER keep_version AFTER INSERT OR UPDATE ON promo_codes
    FOR EACH ROW EXECUTE FUNCTION keep_version('promo');
CREATE TRIGGER keep_version AFTER INSERT OR UPDATE ON campaigns
    FOR EACH ROW EXECUTE FUNCTION keep_version('campaign');
CREATE TRIGGER keep_version AFTER INSERT OR UPDATE ON tariffs
    FOR EACH ROW EXECUTE FUNCTION keep_version('tariff');

-- What nobody wrote down before today is taken to have always been so.
INSERT INTO versions (scope, scope_id, at, snapshot)
SELECT 'promo', id, timestamptz '-infinity', to_jsonb(p) FROM promo_codes p
UNION ALL SELECT 'campaign', id, timestamptz '-infinity', to_jsonb(m) FROM campaigns m
UNION ALL SELECT 'tariff', id, timestamptz '-infinity', to_jsonb(t) FROM tariffs t;

-- For counting what was taken by then.
CREATE INDEX applications_by_promo ON applications (promo_id, created_at);
CREATE INDEX applications_by_campaign ON applications (campaign_id, created_at) WHERE campaign_id IS NOT NULL;

CREATE TABLE user_statuses (
    user_id uuid        NOT NULL,
    version bigint      NOT NULL,
    at      timestamptz NOT NULL,
    status  text        NOT NULL,
    PRIMARY KEY (user_id, version)
);
CREATE FUNCTION keep_user_status() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO user_statuses (user_id, version, at, status) VALUES (NEW.id, NEW.version, NEW.updated_at, NEW.status)
    ON CONFLICT (user_id, version) DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER keep_user_status AFTER INSERT OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION keep_user_status();
INSERT INTO user_statuses (user_id, version, at, status) SELECT id, version, updated_at, status FROM users;

CREATE TABLE past_group_members (
    group_id   bigint      NOT NULL,
    user_id    uuid        NOT NULL,
    added_at   timestamptz NOT NULL,
    removed_at timestamptz NOT NULL
);
CREATE INDEX past_group_members_by_user ON past_group_members (user_id);
CREATE FUNCTION keep_group_member() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO past_group_members (group_id, user_id, added_at, removed_at)
    VALUES (OLD.group_id, OLD.user_id, OLD.added_at, clock_timestamp());
    RETURN NULL;
END $$;
CREATE TRIGGER keep_group_member AFTER DELETE ON group_members FOR EACH ROW EXECUTE FUNCTION keep_group_member();
