//! The tariffs, the promotions with their codes, and the groups that the measurements work on.

/// How many codes the spread load is spread over.
pub const SPREAD: u64 = 1000;
/// The first numbers of the kinds of promo codes. Large, so that no other parameter of a statement is the same number.
/// Each code has a promotion of its own, of the same number.
pub const SPREAD_CODES: u64 = 7_000_000;
/// Codes after which nothing is to pay.
pub const FREE_CODES: u64 = 7_100_000;
/// The code that everyone wants.
pub const HOT_CODE: u64 = 7_200_000;
/// The code that everyone wants and that has a limit, which is never reached.
pub const LIMITED_CODE: u64 = 7_200_001;
/// Codes with a limit and a budget: one that was used very often, and one that nobody has used.
pub const POPULAR_CODE: u64 = 7_200_002;
/// See [`POPULAR_CODE`].
pub const NEW_CODE: u64 = 7_200_003;
const LISTED_CODES: u64 = 7_300_000;
/// The tariff that everything is bought for.
pub const TARIFF: u64 = 7_900_000;
/// Codes on a page of the list.
pub const PAGE: u64 = 20;

/// Groups of users, as many as are on a page.
const GROUPS: u64 = 50;

/// The statements that make them.
pub fn sql() -> String {
    let tariffs = format!(
        "INSERT INTO tariffs (id, title, price_minor, currency, period_months) VALUES
             ({TARIFF}, 'Month', 29900, 'RUB', 1),
             ({TARIFF} + 1, 'Year', 299000, 'RUB', 12),
             ({TARIFF} + 2, 'Premium', 59900, 'RUB', 1);\n"
    );
    [
        tariffs,
        promotions(
            SPREAD_CODES,
            SPREAD,
            "false, 'amount_off', 10000, NULL, NULL, NULL, NULL",
        ),
        promotions(
            FREE_CODES,
            SPREAD,
            "false, 'free', NULL, NULL, 14, NULL, NULL",
        ),
        promotions(
            HOT_CODE,
            1,
            "false, 'amount_off', 10000, NULL, NULL, NULL, NULL",
        ),
        promotions(
            LIMITED_CODE,
            1,
            "false, 'amount_off', 10000, NULL, NULL, 100000000, NULL",
        ),
        promotions(
            LISTED_CODES,
            PAGE,
            "true, 'percent_off', NULL, 1500, NULL, NULL, NULL",
        ),
        format!(
            "INSERT INTO user_groups (title)
             SELECT 'Bench ' || n FROM generate_series(1, {GROUPS}) AS n;\n"
        ),
        "ANALYZE;".to_owned(),
    ]
    .concat()
}

/// SQL for promotions with one shared code each, `count` of them from the number `first` on. Columns that are not named
/// keep their defaults: everyone, once, every tariff.
pub fn promotions(first: u64, count: u64, values: &str) -> String {
    let series = format!("FROM generate_series({first}, {first} + {count} - 1) AS n");
    format!(
        "INSERT INTO promotions (id, title, status, starts_at, listed, effect, effect_minor, effect_basis_points,
             effect_days, total_limit, budget_minor)
         SELECT n, 'Bench', 'active', now() - interval '1 day', {values} {series};
         INSERT INTO promo_codes (id, promotion_id, code) SELECT n, n, 'BENCH' || n {series};\n"
    )
}
