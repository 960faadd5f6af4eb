//! The tariffs, the promo codes and the groups that the measurements work on.

/// How many codes the spread load is spread over.
pub const SPREAD: u64 = 1000;
/// The first numbers of the kinds of promo codes. Large, so that no other parameter of a statement is the same number.
pub const SPREAD_CODES: u64 = 7_000_000;
/// Codes after which nothing is to pay.
pub const FREE_CODES: u64 = 7_100_000;
/// The code that everyone wants.
pub const HOT_CODE: u64 = 7_200_000;
/// The code that everyone wants and that has a limit, which is never reached.
pub const LIMITED_CODE: u64 = 7_200_001;
const LISTED_CODES: u64 = 7_300_000;
/// The tariff that everything is bought for.
pub const TARIFF: u64 = 7_900_000;

/// Groups of users, as many as are on a page.
const GROUPS: u64 = 50;

/// The statements that make them. Columns that are not named keep their defaults: no limits, everyone, every tariff.
pub fn sql() -> String {
    let codes = |first: u64, count: u64, values: &str| {
        format!(
            "INSERT INTO promo_codes (id, code, title, status, starts_at, listed, effect, effect_minor,
                 effect_basis_points, effect_days, total_limit)
             SELECT n, 'BENCH' || n, 'Bench', 'active', now() - interval '1 day', {values}
             FROM generate_series({first}, {first} + {count} - 1) AS n;\n"
        )
    };
    let tariffs = format!(
        "INSERT INTO tariffs (id, title, price_minor, currency, period_months) VALUES
             ({TARIFF}, 'Month', 29900, 'RUB', 1),
             ({TARIFF} + 1, 'Year', 299000, 'RUB', 12),
             ({TARIFF} + 2, 'Premium', 59900, 'RUB', 1);\n"
    );
    [
        tariffs,
        codes(
            SPREAD_CODES,
            SPREAD,
            "false, 'amount_off', 10000, NULL, NULL, NULL",
        ),
        codes(FREE_CODES, SPREAD, "false, 'free', NULL, NULL, 14, NULL"),
        codes(HOT_CODE, 1, "false, 'amount_off', 10000, NULL, NULL, NULL"),
        codes(
            LIMITED_CODE,
            1,
            "false, 'amount_off', 10000, NULL, NULL, 100000000",
        ),
        codes(
            LISTED_CODES,
            20,
            "true, 'percent_off', NULL, 1500, NULL, NULL",
        ),
        format!(
            "INSERT INTO user_groups (title)
             SELECT 'Bench ' || n FROM generate_series(1, {GROUPS}) AS n;\n"
        ),
        "ANALYZE;".to_owned(),
    ]
    .concat()
}
