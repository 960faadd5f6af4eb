-- The currency of what promo codes and campaigns say in money. What says nothing in money works in any currency.

ALTER TABLE promo_codes ADD COLUMN currency char(3) NOT NULL DEFAULT 'RUB' CHECK (currency ~ '^[A-Z]{3}$');
ALTER TABLE campaigns ADD COLUMN currency char(3) NOT NULL DEFAULT 'RUB' CHECK (currency ~ '^[A-Z]{3}$');

-- Amounts were in the currency of whichever tariff was bought. Where that can be one alone, it is meant.
UPDATE promo_codes p SET currency = meant.currency
FROM (
    SELECT c.id, min(t.currency) AS currency
    FROM promo_codes c JOIN tariffs t ON c.tariff_ids IS NULL OR t.id = ANY (c.tariff_ids)
    GROUP BY c.id HAVING min(t.currency) = max(t.currency)
) AS meant
WHERE meant.id = p.id AND meant.currency <> p.currency;
UPDATE campaigns m SET currency = meant.currency
FROM (
    SELECT campaign_id AS id, min(currency) AS currency FROM promo_codes
    GROUP BY campaign_id HAVING min(currency) = max(currency)
) AS meant
WHERE meant.id = m.id AND meant.currency <> m.currency;

UPDATE versions v SET snapshot = v.snapshot || jsonb_build_object('currency', p.currency)
FROM promo_codes p WHERE v.scope = 'promo' AND v.scope_id = p.id;
UPDATE versions v SET snapshot = v.snapshot || jsonb_build_object('currency', m.currency)
FROM campaigns m WHERE v.scope = 'campaign' AND v.scope_id = m.id;

-- Asked for beside facts_of and offers_of, which stay as they are for what is deployed.
CREATE FUNCTION currency_of_promo(bigint) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT p.currency FROM promo_codes p WHERE p.id = $1);
END $$;
CREATE FUNCTION currency_of_campaign(bigint) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT m.currency FROM campaigns m WHERE m.id = $1);
END $$;
