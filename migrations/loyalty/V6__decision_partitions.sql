-- Decisions by month, so that old ones go by dropping a table.

ALTER TABLE applications DROP CONSTRAINT applications_decision_id_fkey;
ALTER TABLE decisions RENAME TO unpartitioned;
ALTER TABLE unpartitioned RENAME CONSTRAINT decisions_pkey TO unpartitioned_pkey;
ALTER INDEX decisions_by_user RENAME TO unpartitioned_by_user;

CREATE TABLE decisions (
    id            uuid        NOT NULL,
    at            timestamptz NOT NULL,
    user_id       uuid        NOT NULL,
    promo_id      bigint      NOT NULL,
    promo_version bigint      NOT NULL,
    tariff_id     bigint      NOT NULL,
    accepted      boolean     NOT NULL,
    outcomes      jsonb       COMPRESSION lz4 NOT NULL,
    PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
CREATE INDEX decisions_by_user ON decisions (user_id, at DESC);
-- Nothing is refused for want of a partition.
CREATE TABLE decisions_other PARTITION OF decisions DEFAULT;

INSERT INTO decisions SELECT id, at, user_id, promo_id, promo_version, tariff_id, accepted, outcomes FROM unpartitioned;
DROP TABLE unpartitioned;

-- Makes the partitions of this month and the two after it, and drops those of which the last decision is more than
-- `keep_months` months old. Cheap when there is nothing to do.
CREATE FUNCTION keep_decisions(now timestamptz, keep_months integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    this_month timestamp := date_trunc('month', now AT TIME ZONE 'UTC');
    month timestamp;
    name text;
BEGIN
    FOR month IN SELECT generate_series(this_month, this_month + interval '2 months', interval '1 month') LOOP
        name := 'decisions_' || to_char(month, 'YYYY_MM');
        CONTINUE WHEN to_regclass(name) IS NOT NULL;
        -- One at a time, and only if nobody was faster.
        PERFORM pg_advisory_xact_lock(hashtext('keep_decisions'));
        CONTINUE WHEN to_regclass(name) IS NOT NULL;
        EXECUTE format('CREATE TABLE %I (LIKE decisions INCLUDING ALL)', name);
        -- Decisions that came before their partition did.
        EXECUTE format(
            'WITH moved AS (DELETE FROM decisions_other WHERE at >= %1$L AND at < %2$L RETURNING *)
            INSERT INTO %3$I SELECT * FROM moved',
            month AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC', name);
        EXECUTE format('ALTER TABLE decisions ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
            name, month AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC');
    END LOOP;
    FOR name IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'decisions'::regclass AND c.relname ~ '^decisions_\d{4}_\d{2}$'
            AND to_date(right(c.relname, 7), 'YYYY_MM') < this_month - make_interval(months => keep_months)
    LOOP
        EXECUTE format('DROP TABLE %I', name);
    END LOOP;
    DELETE FROM decisions_other WHERE at < now - make_interval(months => keep_months);
END $$;
SELECT keep_decisions(now(), 13);
