-- Creates the partitions of refusals for this month and the next two, and drops those whose last refusal is more than
-- `p_keep_months` months old. Cheap when there is nothing to do.
CREATE OR REPLACE FUNCTION maintain_decision_partitions(p_now timestamptz, p_keep_months integer) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_this_month timestamp := date_trunc('month', p_now AT TIME ZONE 'UTC');
    v_month timestamp;
    v_from timestamptz;
    v_to timestamptz;
    v_name text;
BEGIN
    FOR v_month IN SELECT generate_series(v_this_month, v_this_month + interval '2 months', interval '1 month') LOOP
        v_name := 'refusals_' || to_char(v_month, 'YYYY_MM');
        CONTINUE WHEN to_regclass(v_name) IS NOT NULL;
        -- One call at a time, and only if no other has created it meanwhile.
        PERFORM pg_advisory_xact_lock(hashtext('maintain_decision_partitions'));
        CONTINUE WHEN to_regclass(v_name) IS NOT NULL;
        v_from := v_month AT TIME ZONE 'UTC';
        v_to := (v_month + interval '1 month') AT TIME ZONE 'UTC';
        EXECUTE format('CREATE TABLE %I (LIKE refusals INCLUDING ALL)', v_name);
        -- Refusals that were stored before their partition existed.
        EXECUTE format(
            'WITH moved AS (DELETE FROM refusals_other WHERE at >= %1$L AND at < %2$L RETURNING *)
            INSERT INTO %3$I SELECT * FROM moved',
            v_from, v_to, v_name);
        EXECUTE format('ALTER TABLE refusals ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', v_name, v_from, v_to);
    END LOOP;
    FOR v_name IN
        SELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'refusals'::regclass AND c.relname ~ '^refusals_\d{4}_\d{2}$'
            AND to_date(right(c.relname, 7), 'YYYY_MM') < v_this_month - make_interval(months => p_keep_months)
    LOOP
        EXECUTE format('DROP TABLE %I', v_name);
    END LOOP;
    DELETE FROM refusals_other r WHERE r.at < p_now - make_interval(months => p_keep_months);
END $$;
