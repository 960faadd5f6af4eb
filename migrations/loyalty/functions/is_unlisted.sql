-- Whether the text of a promo code is on no list that users see, so that it works only for those who were told it. That of
-- a batch or for one user is unlisted, whatever its promotion.
CREATE OR REPLACE FUNCTION is_unlisted(p_listed boolean, p_batch_id bigint, p_user_id uuid) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT NOT p_listed OR p_batch_id IS NOT NULL OR p_user_id IS NOT NULL
$$;
