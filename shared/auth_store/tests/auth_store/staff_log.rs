//! The audit log of accounts, once it is long.

use std::collections::HashMap;

use pg::{AdHoc, Param, Pool, Type};
use testkit::scratch;

/// The rows of a page.
const PAGE: i64 = 20;
const WINDOW: u32 = 1 << 3;
/// The filters by the bits of [`Filters`].
const FILTERS: [u32; 4] = [1, 1 << 1, 1 << 2, WINDOW];

/// An action every five minutes, one in ten by the busiest administrator; roles were changed at the beginning only.
const FILL: &str = "INSERT INTO staff_actions (actor_id, user_id, action, occurred_at)
    SELECT lpad((CASE n % 10 WHEN 0 THEN 1 ELSE 2 + n % 40 END)::text, 32, '0')::uuid,
        lpad((n % 5000)::text, 32, '0')::uuid,
        CASE WHEN n < 20000 THEN 'set_role' WHEN n % 3 = 0 THEN 'set_status' ELSE 'look_up' END,
        timestamptz '2026-01-01 00:00+00' + n * interval '5 minutes'
    FROM generate_series(1, 200000) AS n";

/// Filters as text: who, on which account, what, and how many five minutes after the beginning.
struct Filters {
    actor: Option<&'static str>,
    user: Option<&'static str>,
    action: Option<&'static str>,
    window: Option<(&'static str, &'static str)>,
}

impl Filters {
    fn chosen(&self, bits: u32) -> Filters {
        let has = |bit: u32| bits & bit != 0;
        Filters {
            actor: self.actor.filter(|_| has(1)),
            user: self.user.filter(|_| has(1 << 1)),
            action: self.action.filter(|_| has(1 << 2)),
            window: self.window.filter(|_| has(WINDOW)),
        }
    }

    /// Runs a statement on these filters, as the store does.
    async fn run(&self, pool: &Pool, sql: &str, rest: &[Param<'_>]) -> Vec<pg::Row> {
        let id = |digits: Option<&str>| digits.map(|digits| format!("{digits:0>32}"));
        let id = |digits| id(digits).map(|text| text.parse::<uuid::Uuid>().unwrap());
        let start: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let at = |n: &str| start + jiff::SignedDuration::from_mins(5 * n.parse::<i64>().unwrap());
        let (actor, user) = (id(self.actor), id(self.user));
        let (from, to) = self.window.map(|(from, to)| (at(from), at(to))).unzip();
        let filters: [Param<'_>; 5] = [
            (&actor, Type::UUID),
            (&user, Type::UUID),
            (&self.action, Type::TEXT),
            (&from, Type::TIMESTAMPTZ),
            (&to, Type::TIMESTAMPTZ),
        ];
        pool.rows(sql, &[&filters, rest].concat()).await.unwrap()
    }
}

/// Whatever filters are combined, with values that go together and with values that never do, no more is read than the
/// rows of the rarest of them.
#[tokio::test]
async fn every_combination_of_filters_is_read_by_an_index() {
    let pool = scratch::auth_database().await;
    pool.execute(FILL, &[]).await.unwrap();
    pool.execute("ANALYZE staff_actions", &[]).await.unwrap();
    let statement = auth_store::statements().find(|one| one.name == "FIND_STAFF_ACTIONS");
    let explain = format!("EXPLAIN (ANALYZE, TIMING OFF) {}", statement.unwrap().sql);
    let count = "SELECT count(*) FROM staff_actions a
        WHERE ($1 IS NULL OR a.actor_id = $1) AND ($2 IS NULL OR a.user_id = $2) AND ($3 IS NULL OR a.action = $3)
            AND ($4 IS NULL OR a.occurred_at >= $4) AND ($5 IS NULL OR a.occurred_at < $5)";
    let (no_time, no_id) = (None::<jiff::Timestamp>, None::<i64>);
    let rest: [Param<'_>; 3] = [
        (&no_time, Type::TIMESTAMPTZ),
        (&no_id, Type::INT8),
        (&PAGE, Type::INT8),
    ];
    let together = Filters {
        actor: Some("1"),
        user: Some("2000"),
        action: Some("look_up"),
        window: Some(("100000", "150000")),
    };
    let apart = Filters {
        actor: Some("3"),
        user: Some("4"),
        action: Some("set_role"),
        window: Some(("199990", "200001")),
    };
    for all in [together, apart] {
        let mut alone = HashMap::new();
        for filter in FILTERS {
            let rows = all.chosen(filter).run(&pool, count, &[]).await;
            alone.insert(filter, rows[0].get::<_, i64>(0));
        }
        for bits in 0..16 {
            let filters = FILTERS.into_iter().filter(|filter| bits & filter != 0);
            let rarest = filters.map(|filter| alone[&filter]).min().unwrap_or(0);
            let rows = all.chosen(bits).run(&pool, &explain, &rest).await;
            let plan: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
            let plan = plan.join("\n");
            assert!(!plan.contains("Seq Scan"), "{plan}");
            let dropped = plan.split("Rows Removed by Filter: ").nth(1);
            let dropped = dropped.map_or(0, |text| {
                let digits = text.split_whitespace().next().unwrap();
                digits.parse::<i64>().unwrap()
            });
            assert!(
                dropped <= rarest,
                "more than {rarest} rows are read: {plan}"
            );
        }
    }
}
