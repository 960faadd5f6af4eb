//! What a migration makes of the amounts that had no currency before it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

use tokio_postgres::{NoTls, SimpleQueryMessage};

const BEFORE: [&str; 11] = [
    include_str!("../loyalty/V1__promo_engine.sql"),
    include_str!("../loyalty/V3__rules.sql"),
    include_str!("../loyalty/V4__campaigns_budgets_counters.sql"),
    include_str!("../loyalty/V5__history.sql"),
    include_str!("../loyalty/V6__decision_partitions.sql"),
    include_str!("../loyalty/V7__cached_plans.sql"),
    include_str!("../loyalty/V8__staff_changes.sql"),
    include_str!("../loyalty/V9__one_trial_a_person.sql"),
    include_str!("../loyalty/V10__purchases_without_a_code.sql"),
    include_str!("../loyalty/V11__ledger_refunds.sql"),
    include_str!("../loyalty/V12__purchase_events.sql"),
];
const MIGRATION: &str = include_str!("../loyalty/V13__currencies.sql");

const CODES: &str = "
    INSERT INTO tariffs (id, title, price_minor, currency, period_months) VALUES
        (1, 'roubles', 100, 'RUB', 1), (2, 'dollars', 100, 'USD', 1), (3, 'more dollars', 100, 'USD', 1);
    INSERT INTO campaigns (id, title, budget_minor) VALUES (1, 'one', 100), (2, 'several', 100), (3, 'empty', 100);
    INSERT INTO promo_codes (id, code, title, effect, effect_minor, starts_at, tariff_ids, campaign_id) VALUES
        (1, 'ALL', 'ALL', 'amount_off', 1, now(), NULL, 2),
        (2, 'ROUBLES', 'ROUBLES', 'amount_off', 1, now(), '{1}', NULL),
        (3, 'DOLLARS', 'DOLLARS', 'amount_off', 1, now(), '{2,3}', 1),
        (4, 'BOTH', 'BOTH', 'amount_off', 1, now(), '{1,2}', 2),
        (5, 'MOREDOLLARS', 'MOREDOLLARS', 'amount_off', 1, now(), '{3}', 2),
        -- There is no such tariff any more.
        (6, 'NONE', 'NONE', 'amount_off', 1, now(), '{9}', NULL);";

#[tokio::test]
async fn amounts_are_in_the_currency_that_was_meant() {
    let url = std::env::var("LOYALTY_MIGRATION_URL").expect("run `cargo local test`");
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
    // A schema of the test's own, which is gone when the transaction ends.
    let run = async |sql: &str| client.batch_execute(sql).await.unwrap();
    run("BEGIN; CREATE SCHEMA currencies_test; SET LOCAL search_path = currencies_test").await;
    for migration in BEFORE {
        run(migration).await;
    }
    run(CODES).await;
    run(MIGRATION).await;

    // Each with what its versions say: no past one is without a currency.
    let sql = "SELECT scope || scope_id, string_agg(DISTINCT now.currency || ' ' || (snapshot ->> 'currency'), ', ')
        FROM versions JOIN (
            SELECT 'promo' AS scope, id AS scope_id, currency FROM promo_codes
            UNION ALL SELECT 'campaign', id, currency FROM campaigns
        ) AS now USING (scope, scope_id)
        GROUP BY scope, scope_id ORDER BY scope, scope_id";
    let rows = client.simple_query(sql).await.unwrap();
    let currencies: Vec<[String; 2]> = rows
        .into_iter()
        .filter_map(|row| match row {
            SimpleQueryMessage::Row(row) => Some([0, 1].map(|n| row.get(n).unwrap().to_owned())),
            _ => None,
        })
        .collect();
    let expected = [
        ["campaign1", "USD USD"],
        ["campaign2", "RUB RUB"],
        ["campaign3", "RUB RUB"],
        ["promo1", "RUB RUB"],
        ["promo2", "RUB RUB"],
        ["promo3", "USD USD"],
        ["promo4", "RUB RUB"],
        ["promo5", "USD USD"],
        ["promo6", "RUB RUB"],
    ];
    assert_eq!(currencies, expected);
    run("ROLLBACK").await;
}
