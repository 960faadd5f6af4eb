-- Keeps the Idempotency-Key of a request of staff, if it has one, with the ID of what it is about: also where nothing had to
-- be changed, or a repetition would change it later. If a request is about several things, the first counts. `p_answer` is
-- what a repetition is answered with, where the resource as it is then does not say that.
CREATE OR REPLACE FUNCTION keep_staff_request(
    p_staff staff_request, p_resource_id text, p_answer jsonb DEFAULT NULL
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF p_staff.key IS NOT NULL THEN
        INSERT INTO staff_requests (actor_id, key, fingerprint, resource_id, at, answer)
        VALUES (p_staff.actor_id, p_staff.key, p_staff.fingerprint, p_resource_id, p_staff.at, p_answer)
        ON CONFLICT DO NOTHING;
    END IF;
END $$;
