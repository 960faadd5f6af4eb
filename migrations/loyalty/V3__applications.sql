-- Uses of promo codes: how many are left, who has reserved them, and what was refused.

CREATE TABLE promotion_usage (
    promotion_id bigint   NOT NULL,
    stripe       smallint NOT NULL,
    taken        bigint   NOT NULL DEFAULT 0,
    quota        bigint,
    spent_minor  bigint   NOT NULL DEFAULT 0,
    quota_minor  bigint,
    CONSTRAINT promotion_usage_not_negative CHECK (taken >= 0 AND spent_minor >= 0),
    PRIMARY KEY (promotion_id, stripe)
    -- Leaves room on the page for the next version of each row: no index entry is written then.
) WITH (fillfactor = 40);
COMMENT ON TABLE promotion_usage IS
    'A row is a stripe of a promotion''s counter of reserved and spent uses: docs/adr/0008-usage-counters.md.';
COMMENT ON COLUMN promotion_usage.quota IS
    'The stripe''s share of the limit; NULL without a limit. 0 in every stripe when the limit is exceeded.';
COMMENT ON COLUMN promotion_usage.spent_minor IS 'The sum of the discounts of these uses.';

CREATE TABLE campaign_usage (
    campaign_id bigint   NOT NULL,
    stripe      smallint NOT NULL,
    taken       bigint   NOT NULL DEFAULT 0,
    quota       bigint,
    spent_minor bigint   NOT NULL DEFAULT 0,
    quota_minor bigint,
    CONSTRAINT campaign_usage_not_negative CHECK (taken >= 0 AND spent_minor >= 0),
    PRIMARY KEY (campaign_id, stripe)
) WITH (fillfactor = 40);
COMMENT ON TABLE campaign_usage IS 'A row is a stripe of a campaign''s counter, like a row of promotion_usage.';

-- Domains, since Postgres caches their checks; it parses those of a table again for every statement that writes.
CREATE DOMAIN application_state AS text CHECK (VALUE IN ('applied', 'paying', 'used', 'cancelled', 'expired'));
CREATE DOMAIN cancel_reason AS text CHECK (VALUE IN ('user', 'moved', 'admin', 'payment_failed', 'payment_expired',
    'user_blocked', 'user_deleted', 'not_first_purchase', 'refunded', 'revoked'));

-- No foreign keys to rows that all users share: each would lock the row of the code, the tariff, the promotion or the
-- campaign, and write to it. The statement that inserts has read them all, and nothing deletes them; the audit of
-- shared/loyalty_store looks for applications that refer to rows that do not exist.
CREATE TABLE applications (
    id                uuid PRIMARY KEY,
    user_id           uuid        NOT NULL,
    person_id         uuid        NOT NULL,
    code_id           bigint      NOT NULL,
    promotion_id      bigint      NOT NULL,
    campaign_id       bigint,
    tariff_id         bigint      NOT NULL,
    price_minor       bigint      NOT NULL,
    total_minor       bigint      NOT NULL,
    created_at        timestamptz NOT NULL,
    expires_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    trial_days        integer,
    code_version      integer     NOT NULL,
    promotion_version integer     NOT NULL,
    campaign_version  integer,
    tariff_version    integer     NOT NULL,
    rule_set          smallint    NOT NULL,
    stripe            smallint    NOT NULL,
    campaign_stripe   smallint,
    code_counted      boolean     NOT NULL,
    first_purchase    boolean     NOT NULL,
    currency          text        NOT NULL,
    state             application_state NOT NULL,
    cancel_reason     cancel_reason,
    observed          jsonb       NOT NULL,
    CONSTRAINT applications_cancel_reason CHECK ((state = 'cancelled') = (cancel_reason IS NOT NULL)),
    CONSTRAINT applications_total CHECK (total_minor BETWEEN 0 AND price_minor)
);
COMMENT ON TABLE applications IS
    'A row is an application: a use of a promo code by a user for a tariff, and the decision that accepted it.';
COMMENT ON COLUMN applications.person_id IS
    'The first account of the person: limits apply to people, across deleted accounts.';
COMMENT ON COLUMN applications.first_purchase IS
    'Whether the promotion was for first purchases: a person has one live application of this kind.';
COMMENT ON COLUMN applications.rule_set IS 'Which rules were evaluated: see domain::RULE_SET.';
COMMENT ON COLUMN applications.observed IS 'What the decision saw besides the versions: see domain::Observed.';
COMMENT ON COLUMN applications.stripe IS
    'The stripe of the promotion''s counter that the use was reserved in; it is released there.';
COMMENT ON COLUMN applications.code_counted IS
    'Whether the use counts in promo_codes.uses; if so, it is released there.';
CREATE UNIQUE INDEX applications_one_open_per_tariff ON applications (user_id, tariff_id)
    WHERE state IN ('applied', 'paying');
CREATE UNIQUE INDEX applications_one_trial ON applications (person_id)
    WHERE state IN ('applied', 'paying', 'used') AND trial_days IS NOT NULL;
CREATE UNIQUE INDEX applications_one_first_purchase ON applications (person_id)
    WHERE state IN ('applied', 'paying', 'used') AND first_purchase;
CREATE INDEX applications_live_by_person ON applications (person_id, promotion_id, created_at)
    WHERE state IN ('applied', 'paying', 'used');
CREATE INDEX applications_released_by_person ON applications (person_id, promotion_id, created_at)
    WHERE state IN ('cancelled', 'expired');
CREATE INDEX applications_to_expire ON applications (expires_at) WHERE state = 'applied';
CREATE INDEX applications_by_user ON applications (user_id, created_at);
CREATE INDEX applications_by_promotion ON applications (promotion_id, created_at);
CREATE INDEX applications_by_campaign ON applications (campaign_id, created_at) WHERE campaign_id IS NOT NULL;

CREATE TABLE refusals (
    id                uuid        NOT NULL,
    at                timestamptz NOT NULL,
    user_id           uuid        NOT NULL,
    code_id           bigint      NOT NULL,
    promotion_id      bigint      NOT NULL,
    campaign_id       bigint,
    tariff_id         bigint      NOT NULL,
    code_version      integer     NOT NULL,
    promotion_version integer     NOT NULL,
    campaign_version  integer,
    tariff_version    integer     NOT NULL,
    rule_set          smallint    NOT NULL,
    refused           text[]      NOT NULL CHECK (cardinality(refused) > 0),
    observed          jsonb       NOT NULL,
    PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
COMMENT ON TABLE refusals IS
    'A row is a decision that refused a promo code. Partitioned by month, so that old refusals are deleted by '
    'dropping a table.';
COMMENT ON COLUMN refusals.refused IS
    'The rules that refused: see domain::RuleCode. All others of the rule set passed.';
CREATE INDEX refusals_by_user ON refusals (user_id, at);

CREATE TABLE refusals_other PARTITION OF refusals DEFAULT;
COMMENT ON TABLE refusals_other IS 'The default partition: no refusal fails to be stored for lack of a partition.';

CREATE VIEW decisions AS
    SELECT id, created_at AS at, user_id, code_id, promotion_id, campaign_id, tariff_id, code_version, promotion_version,
        campaign_version, tariff_version, rule_set, '{}'::text[] AS refused, observed
    FROM applications
    UNION ALL
    SELECT id, at, user_id, code_id, promotion_id, campaign_id, tariff_id, code_version, promotion_version,
        campaign_version, tariff_version, rule_set, refused, observed
    FROM refusals;
COMMENT ON VIEW decisions IS 'A row is the decision about a user, a code and a tariff: an application or a refusal.';
