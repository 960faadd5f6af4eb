-- Whether the person has a purchase in any account: one that was paid for ('paid'), or also a free one ('any'). One that
-- was refunded or revoked is none, and neither is what staff gave.
CREATE OR REPLACE FUNCTION has_purchased(p_person_id uuid, p_kind text) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM purchases b
        WHERE b.user_id = p_person_id AND b.status = 'paid' AND b.given_by IS NULL
            AND (p_kind = 'any' OR b.total_minor > 0)
    ) OR EXISTS (
        SELECT FROM users u JOIN purchases b ON b.user_id = u.id
        WHERE u.first_account_id = p_person_id AND b.status = 'paid' AND b.given_by IS NULL
            AND (p_kind = 'any' OR b.total_minor > 0)
    );
END $$;
