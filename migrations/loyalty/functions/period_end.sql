-- The end of a period that was bought, on the clock of a time zone. Months are calendar months from the anchor of the
-- chain, which is its beginning: 31 January, 28 February, 31 March. `p_months_before` is how many months of the chain have
-- been bought before; 0, or NULL, begins another one.
CREATE OR REPLACE FUNCTION period_end(
    p_starts_at timestamptz, p_time_zone text, p_months integer, p_days integer, p_anchor timestamp,
    p_months_before integer,
    OUT ends_at timestamptz, OUT anchor timestamp, OUT months integer
) LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    anchor := p_starts_at AT TIME ZONE p_time_zone;
    IF p_days IS NOT NULL THEN
        months := 0;
        ends_at := (anchor + make_interval(days => p_days)) AT TIME ZONE p_time_zone;
        RETURN;
    END IF;
    months := p_months;
    IF p_months_before > 0 THEN
        anchor := p_anchor;
        months := p_months_before + p_months;
    END IF;
    ends_at := (anchor + make_interval(months => months)) AT TIME ZONE p_time_zone;
END $$;
