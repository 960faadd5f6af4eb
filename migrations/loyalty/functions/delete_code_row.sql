-- Deletes a code that nobody can have applied, and keeps its last version.
CREATE OR REPLACE FUNCTION delete_code_row(p_code promo_codes, p_staff staff_request) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO past_versions (kind, id, version, until, snapshot)
    VALUES ('promo_code', p_code.id, p_code.version, clock_timestamp(), to_jsonb(p_code));
    DELETE FROM promo_codes c WHERE c.id = p_code.id;
    PERFORM record_staff_change(
        p_staff => p_staff, p_resource => 'promo_code', p_resource_id => p_code.id::text, p_action => 'delete',
        p_details => jsonb_build_object('version', p_code.version)
    );
END $$;
