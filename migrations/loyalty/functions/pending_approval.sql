-- The approval that a change of a promotion waits for, if one waits. Codes stay as they are meanwhile: whoever approves must know
-- what. The caller has locked the promotion, as whoever asks for an approval does.
CREATE OR REPLACE FUNCTION pending_approval(p_promotion_id bigint, p_now timestamptz) RETURNS uuid
LANGUAGE sql STABLE AS $$
    SELECT a.id FROM approvals a WHERE a.promotion_id = p_promotion_id AND a.state = 'pending' AND a.expires_at > p_now
$$;
