-- Keeps the Idempotency-Key of a request of staff that had nothing to do, since `p_resource_id` is what it asks for already.
-- The outcome: 'new'; 'repeated', with the resource that an earlier request with the key got; 'key_reused'.
CREATE OR REPLACE FUNCTION settle_staff_request(
    p_staff staff_request, p_resource_id text, OUT outcome text, OUT resource_id text
) LANGUAGE plpgsql AS $$
BEGIN
    SELECT f.outcome, f.resource_id INTO outcome, resource_id FROM find_staff_request(p_staff) AS f;
    IF outcome = 'new' THEN
        PERFORM keep_staff_request(p_staff => p_staff, p_resource_id => p_resource_id);
        resource_id := p_resource_id;
    END IF;
END $$;
