-- Keeps the Idempotency-Key of a request that is answered with this purchase, if the request has one. Raises
-- unique_violation when the key belongs to another purchase.
CREATE OR REPLACE FUNCTION keep_purchase_key(p_user_id uuid, p_key text, p_purchase_id uuid) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF p_key IS NULL THEN
        RETURN;
    END IF;
    INSERT INTO purchase_keys AS k (user_id, key, purchase_id) VALUES (p_user_id, p_key, p_purchase_id)
    ON CONFLICT (user_id, key) DO UPDATE SET purchase_id = k.purchase_id WHERE k.purchase_id = p_purchase_id;
    IF NOT FOUND THEN
        RAISE unique_violation USING CONSTRAINT = 'purchase_keys_pkey', MESSAGE = 'the key belongs to another purchase';
    END IF;
END $$;
