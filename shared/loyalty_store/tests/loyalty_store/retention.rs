//! Monthly partitions of refusals: they are created ahead of time, and dropped when they are old. Requests of staff are
//! purged after seven days.

use loyalty_store::LoyaltyStore;
use pg::{AdHoc, Type};
use testkit::{join_all, now, scratch};
use tokio_postgres::{NoTls, SimpleQueryMessage};

/// A table of refusals of the test's own, which disturbs nobody and is gone when the transaction ends. The function is
/// the one that the service calls.
const SCENE: &str = "
    BEGIN;
    CREATE SCHEMA retention_test;
    SET LOCAL search_path = retention_test, public;
    CREATE TABLE refusals (LIKE public.refusals INCLUDING ALL) PARTITION BY RANGE (at);
    CREATE TABLE refusals_other PARTITION OF refusals DEFAULT;
    INSERT INTO refusals (id, at, user_id, code_id, promotion_id, tariff_id, code_version, promotion_version,
        tariff_version, rule_set, refused, observed)
    SELECT gen_random_uuid(), at, gen_random_uuid(), 1, 1, 1, 1, 1, 1, 1, '{promo_ended}', '{}'
    FROM unnest('{2031-01-31 23:59:59.999999+00, 2031-02-01 00:00+00, 2031-03-15 12:00+00}'::timestamptz[]) AS at;
    SELECT maintain_decision_partitions(p_now => '2031-02-10 00:00+00', p_keep_months => 13);
    SELECT maintain_decision_partitions(p_now => '2031-02-10 00:00+00', p_keep_months => 13);";

async fn partitions(client: &tokio_postgres::Client) -> Vec<String> {
    let sql = "SELECT tableoid::regclass::text || ' ' || count(at) FROM (
            SELECT tableoid, at FROM refusals
            UNION ALL SELECT inhrelid, NULL FROM pg_inherits WHERE inhparent = 'refusals'::regclass
        ) AS d GROUP BY tableoid ORDER BY 1";
    let rows = client.simple_query(sql).await.unwrap();
    let text = |row| match row {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    };
    rows.into_iter().filter_map(text).collect()
}

#[tokio::test]
async fn partitions_are_created_and_dropped_by_month() {
    let url = runtime::required("LOYALTY_MIGRATION_URL", "run `cargo local test`").unwrap();
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute(SCENE).await.unwrap();
    let expected = [
        "refusals_2031_02 1",
        "refusals_2031_03 1",
        "refusals_2031_04 0",
        "refusals_other 1",
    ];
    assert_eq!(
        partitions(&client).await,
        expected,
        "rows are moved to their partitions"
    );

    // Until thirteen months have passed, nothing is due; when the next month begins, February is.
    let keep = async |now: &str| {
        let sql =
            format!("SELECT maintain_decision_partitions(p_now => '{now}', p_keep_months => 13)");
        client.batch_execute(&sql).await.unwrap();
        let kept = partitions(&client).await;
        kept.into_iter()
            .filter(|p| !p.ends_with(" 0"))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        keep("2032-03-31 00:00+00").await,
        ["refusals_2031_02 1", "refusals_2031_03 1"]
    );
    assert_eq!(keep("2032-04-01 00:00+00").await, ["refusals_2031_03 1"]);
    client.batch_execute("ROLLBACK").await.unwrap();
}

#[tokio::test]
async fn requests_of_staff_are_purged_after_seven_days() {
    let pool = scratch::loyalty_database().await;
    let store = LoyaltyStore::new(pool.clone());
    let (now, week) = (now(), jiff::SignedDuration::from_hours(7 * 24));
    // Three batches that are a week old, and one that is not.
    let sql = "INSERT INTO staff_requests (actor_id, key, fingerprint, resource_id, at)
        SELECT gen_random_uuid(), int4send(n), '', 'x',
            $1 - CASE WHEN n <= 2500 THEN interval '1 second' ELSE interval '0' END
        FROM generate_series(1, 3500) AS n";
    let due = now - week;
    let written = pool.execute(sql, &[(&due, Type::TIMESTAMPTZ)]).await;
    assert_eq!(written.unwrap(), 3500);
    // Several at once remove each row once.
    let purged = join_all((0..3).map(|_| store.purge_staff_requests(now))).await;
    let purged: u64 = purged.into_iter().map(Result::unwrap).sum();
    assert_eq!(purged, 2500);
    let left = pool.rows("SELECT 1 FROM staff_requests", &[]).await;
    assert_eq!(left.unwrap().len(), 1000, "a key is kept for seven days");
    let later = now + jiff::SignedDuration::from_secs(1);
    assert_eq!(store.purge_staff_requests(later).await.unwrap(), 1000);
    assert_eq!(store.purge_staff_requests(later).await.unwrap(), 0);
}
