-- What a repeated request is answered with, which request ordered a refund, and the versions of groups.

ALTER TABLE staff_requests ADD COLUMN answer jsonb;
COMMENT ON COLUMN staff_requests.answer IS
    'What the request was answered with, where the resource as it is now does not say that: how many members it added, say.';

ALTER TABLE refunds ADD COLUMN fingerprint bytea;
COMMENT ON COLUMN refunds.fingerprint IS
    'The SHA-256 of the request that ordered it under its Idempotency-Key; NULL where there is no key. Another request '
    'with that key is refused.';

-- Nothing has been released yet: the table is small, and nothing reads it while this runs.
-- squawk-ignore ban-drop-constraint
ALTER TABLE past_versions DROP CONSTRAINT past_versions_kind_check;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE past_versions ADD CONSTRAINT past_versions_kind
    CHECK (kind IN ('tariff', 'campaign', 'promotion', 'promo_code', 'group'));
COMMENT ON TABLE past_versions IS
    'A row is an earlier version of a tariff, a campaign, a promotion, a promo code or a group. It is never changed itself.';
INSERT INTO past_versions (kind, id, version, until, snapshot)
SELECT 'group', s.resource_id::bigint, (s.details ->> 'version')::integer - 1, s.at, jsonb_build_object(
    'id', s.resource_id::bigint, 'title', s.details ->> 'before', 'version', (s.details ->> 'version')::integer - 1)
FROM staff_changes s WHERE s.resource = 'group' AND s.action = 'rename' AND s.details ? 'version';
COMMENT ON COLUMN user_groups.version IS
    'Grows when the group is renamed. Its members have no versions: the log of changes by staff says how many came and went.';
