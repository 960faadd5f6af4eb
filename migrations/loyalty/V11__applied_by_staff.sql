-- Applications that staff make for users: docs/adr/0027-applying-for-a-user.md.

-- NULL where users apply codes themselves, so these columns take no room in their rows.
ALTER TABLE applications ADD COLUMN applied_by uuid, ADD COLUMN waived text[], ADD COLUMN reason text;
COMMENT ON COLUMN applications.applied_by IS 'The member of staff who applied the code for the user.';
COMMENT ON COLUMN applications.waived IS 'The rules that would have refused and were waived: see domain::Waivers.';
COMMENT ON COLUMN applications.reason IS 'Why staff applied it. Not shown to the user.';
-- No row is in it yet.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX applications_by_staff ON applications (created_at, id) WHERE applied_by IS NOT NULL;

ALTER TABLE refusals ADD COLUMN applied_by uuid, ADD COLUMN waived text[], ADD COLUMN reason text;
COMMENT ON COLUMN refusals.applied_by IS 'The member of staff who wanted to apply the code for the user.';
COMMENT ON COLUMN refusals.waived IS 'The rules that would have refused as well and were waived.';

CREATE OR REPLACE VIEW decisions AS
    SELECT id, created_at AS at, user_id, code_id, promotion_id, campaign_id, tariff_id, code_version, promotion_version,
        campaign_version, tariff_version, rule_set, '{}'::text[] AS refused, observed, applied_by, waived, reason
    FROM applications
    UNION ALL
    SELECT id, at, user_id, code_id, promotion_id, campaign_id, tariff_id, code_version, promotion_version,
        campaign_version, tariff_version, rule_set, refused, observed, applied_by, waived, reason
    FROM refusals;
