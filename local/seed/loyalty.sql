-- The demo: three tariffs and promo codes of every kind. Doing it again restores the codes' periods and owners.

INSERT INTO tariffs (id, title, price_minor, currency, period_months) VALUES
    (1, 'Базовый на месяц', 29900, 'RUB', 1),
    (2, 'Базовый на год', 299000, 'RUB', 12),
    (3, 'Премиум на месяц', 59900, 'RUB', 1)
ON CONFLICT (id) DO NOTHING;

-- A campaign: 10 000 uses and 500 000 roubles for all its codes together.
INSERT INTO campaigns (id, title, total_limit, budget_minor) VALUES (1, 'Осенняя акция', 10000, 50000000)
ON CONFLICT (id) DO NOTHING;

INSERT INTO promotions (id, title, status, listed, effect, effect_minor, effect_basis_points, effect_cap_minor,
    effect_days, starts_at, ends_at, total_limit, per_user_limit, tariff_ids)
VALUES
    -- N roubles.
    (1, 'Первый месяц за 1 рубль', 'active', true, 'fixed_price', 100, NULL, NULL,
        NULL, now() - interval '1 day', NULL, NULL, 1, '{1}'),
    (200, 'Базовый за 199 рублей', 'active', true, 'fixed_price', 19900, NULL, NULL,
        NULL, now() - interval '1 day', NULL, NULL, NULL, '{1}'),
    -- 0 roubles.
    (2, '14 дней бесплатно', 'active', true, 'free', NULL, NULL, NULL,
        14, now() - interval '1 day', NULL, NULL, 1, NULL),
    -- M % off, to the end of a period; with a cap; all of it.
    (5, 'Скидка 30 %', 'active', true, 'percent_off', NULL, 3000, NULL,
        NULL, now() - interval '1 day', now() + interval '90 days', NULL, 1, NULL),
    (3, 'Скидка 50 %, но не больше 500 рублей', 'active', true, 'percent_off', NULL, 5000, 50000,
        NULL, now() - interval '1 day', NULL, NULL, 1, NULL),
    (4, 'Месяц в подарок', 'active', false, 'percent_off', NULL, 10000, NULL,
        NULL, now() - interval '1 day', NULL, 50, 1, '{1}'),
    -- An amount off.
    (6, 'Скидка 100 рублей', 'active', true, 'amount_off', 10000, NULL, NULL,
        NULL, now() - interval '1 day', NULL, NULL, 3, NULL),
    -- One-time, and multi-use up to a limit.
    (7, 'Одно использование на всех', 'active', true, 'percent_off', NULL, 9000, NULL,
        NULL, now() - interval '1 day', NULL, 1, 1, NULL),
    (8, 'Первым ста покупателям', 'active', true, 'percent_off', NULL, 4000, NULL,
        NULL, now() - interval '1 day', NULL, 100, 1, NULL),
    -- For one named user.
    (9, 'Для Анны: скидка 60 %', 'active', true, 'percent_off', NULL, 6000, NULL,
        NULL, now() - interval '1 day', NULL, NULL, 1, NULL),
    -- Over, not begun, paused, and never published.
    (10, 'Летняя скидка', 'active', true, 'percent_off', NULL, 2000, NULL,
        NULL, now() - interval '180 days', now() - interval '90 days', NULL, 1, NULL),
    (11, 'Скоро', 'active', true, 'percent_off', NULL, 2000, NULL,
        NULL, now() + interval '30 days', now() + interval '60 days', NULL, 1, NULL),
    (12, 'Приостановлен', 'paused', true, 'percent_off', NULL, 2000, NULL,
        NULL, now() - interval '1 day', NULL, NULL, 1, NULL),
    (13, 'Черновик', 'draft', true, 'percent_off', NULL, 2000, NULL,
        NULL, now() - interval '1 day', NULL, NULL, 1, NULL)
ON CONFLICT (id) DO UPDATE SET
    starts_at = excluded.starts_at,
    ends_at = excluded.ends_at
-- A number that was given to another promotion in the meantime stays with that.
WHERE promotions.title = excluded.title;

-- Each with one code of the same number.
INSERT INTO promo_codes (id, promotion_id, code, user_id)
VALUES
    (1, 1, 'ROUBLE', NULL),
    (200, 200, 'MONTH199', NULL),
    (2, 2, 'TRIAL14', NULL),
    (5, 5, 'AUTUMN30', NULL),
    (3, 3, 'HALF500', NULL),
    (4, 4, 'FULL100', NULL),
    (6, 6, 'MINUS100', NULL),
    (7, 7, 'ONLYONE', NULL),
    (8, 8, 'FIRST100', NULL),
    (9, 9, 'FORANNA', '{{anna_id}}'),
    (10, 10, 'SUMMER', NULL),
    (11, 11, 'SOON', NULL),
    (12, 12, 'PAUSED', NULL),
    (13, 13, 'DRAFT', NULL)
ON CONFLICT (id) DO UPDATE SET user_id = excluded.user_id
WHERE promo_codes.code = excluded.code AND promo_codes.user_id IS DISTINCT FROM excluded.user_id;

UPDATE promotions SET campaign_id = 1
WHERE id IN (5, 8) AND title IN ('Скидка 30 %', 'Первым ста покупателям') AND campaign_id IS NULL;

-- Numbers that were given by hand must not be given again.
SELECT setval(pg_get_serial_sequence('tariffs', 'id'), (SELECT max(id) FROM tariffs));
SELECT setval(pg_get_serial_sequence('campaigns', 'id'), (SELECT max(id) FROM campaigns));
SELECT setval(pg_get_serial_sequence('promotions', 'id'), (SELECT max(id) FROM promotions));
SELECT setval(pg_get_serial_sequence('promo_codes', 'id'), (SELECT max(id) FROM promo_codes));
