//! What the hot statements read, once the tables are full: rows by an index, never a whole table.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use domain::{
    Clock, PromoCode, PromoCodeId, PromoRef, PromotionId, RuleCode, StaffResource, TariffId,
};
use jiff::{SignedDuration, Timestamp};
use loyalty_store::{
    Application, ApplicationFilter, AuditFilter, Cancelled, DecisionFilter, LoyaltyStore,
    OpenPurchaseOutcome, PromoRequest, StaffChange, StoredApplication,
};
use pg::{AdHoc, Pool};
use redemption::ApplyOutcome;
use runtime::{OsRandom, SystemClock};
use serde_json::Value;
use testkit::scratch;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

use crate::staff_lists::read_lists;

/// Tables that may be read as a whole: they are small, and do not grow with use.
const SMALL: [&str; 2] = ["tariffs", "catalogue_version"];
/// Codes on a page of the list.
pub const PAGE: usize = 20;
/// A scan may read the counters of all promotions on a page, 32 rows each.
const MAX_READ: f64 = 32.0 * (PAGE as f64 + 1.0);
/// More calls than the server plans one by one, for the values of each.
const TIMES: usize = 7;
/// The rows of the largest page.
const MAX_SORTED: f64 = 100.0;
/// A user with many purchases.
pub const BUYER: usize = 10;
/// The first of the users with few purchases.
const NEWCOMER: usize = 10_001;
/// A user who has seen almost all promotions and codes as a member of staff.
const INSIDER: usize = 20_000;

#[tokio::test]
async fn hot_statements_read_what_they_need() {
    let url = scratch::loyalty_url().await;
    fill(&Pool::new(&url, 1).unwrap()).await;
    let plans = Plans::default();
    let store = explained(&url, &plans).await;
    use_promo_codes(&store, &plans).await;
    list_applications(&store).await;
    read_lists(&store).await;
    let plans = plans.take();
    assert!(plans.len() > 100, "{} plans", plans.len());
    assert_frugal(plans, &BOUNDS);
}

/// Staff ask about one promotion with many uses, and about a month of all of them.
#[tokio::test]
async fn lists_of_decisions_read_what_they_need() {
    let url = scratch::loyalty_url().await;
    fill(&Pool::new(&url, 1).unwrap()).await;
    let plans = Plans::default();
    let store = explained(&url, &plans).await;
    let now = SystemClock.now();
    let days = |days: i64| now - SignedDuration::from_hours(24 * days);
    let window = |from, to| DecisionFilter {
        from: Some(days(from)),
        to: Some(days(to)),
        ..DecisionFilter::default()
    };
    let promotion = |promotion_id| DecisionFilter {
        promotion_id: Some(PromotionId(promotion_id)),
        ..DecisionFilter::default()
    };
    let of_code = |promo| DecisionFilter {
        promo: Some(promo),
        ..DecisionFilter::default()
    };
    let reason = Some(RuleCode::PromoNotStarted);
    for _ in 0..TIMES {
        for filter in [
            promotion(7),
            DecisionFilter {
                reason,
                ..promotion(7)
            },
            DecisionFilter {
                accepted: Some(true),
                ..promotion(7)
            },
            DecisionFilter {
                promotion_id: Some(PromotionId(7)),
                ..window(5, 3)
            },
            of_code(PromoRef::Id(PromoCodeId(7))),
            of_code(promo("SHARED7")),
            DecisionFilter {
                reason,
                ..of_code(promo("SHARED7"))
            },
        ] {
            assert_eq!(decisions(&store, filter).await, PAGE);
        }
        // In vain: for a person with few decisions, and for a code that nobody has tried.
        for filter in [
            DecisionFilter {
                promotion_id: Some(PromotionId(7)),
                reason: Some(RuleCode::TrialTaken),
                ..about(NEWCOMER)
            },
            of_code(promo("SHARED1")),
        ] {
            assert_eq!(decisions(&store, filter).await, 0);
        }
    }
    let listed = plans.take();
    assert!(!listed.is_empty());
    assert_frugal(listed, &BOUNDS);

    // All promotions are looked at, and of each no more than a page of decisions: the half of them that are about one
    // promotion are not read.
    for filter in [
        window(31, 0),
        DecisionFilter {
            accepted: Some(false),
            ..window(14, 1)
        },
    ] {
        assert_eq!(decisions(&store, filter).await, PAGE);
    }
    // 500 promotions have decisions, and an incremental sort takes 32 rows at a time.
    let page_of_each = 500.0 * 32.0;
    let bounds = Bounds {
        small: &["promotions", "past_versions"],
        read: page_of_each,
        sorted: page_of_each,
    };
    assert_frugal(plans.take(), &bounds);
}

/// Rows of the audit log.
const CHANGES: i64 = 200_000;

/// Whatever filters of the audit log are combined, with values that go together and with values that never do, no more is
/// read than the rows of the rarest of them; for support, who see what is about users alone, no more than all of that.
#[tokio::test]
async fn audit_log_is_read_by_the_rarest_filter() {
    let url = scratch::loyalty_url().await;
    let pool = Pool::new(&url, 1).unwrap();
    // A change every five minutes. One in ten is by the busiest of the staff, one in four about a user. Campaigns were
    // changed at the beginning only, and nothing was deleted since.
    let fill = "INSERT INTO staff_changes (at, actor_id, resource, resource_id, action, details, user_id)
        SELECT timestamptz '2026-01-01 00:00+00' + n * interval '5 minutes',
            lpad((CASE n % 10 WHEN 0 THEN 1 ELSE 2 + n % 40 END)::text, 32, '0')::uuid,
            CASE WHEN n % 4 = 0 THEN 'subscription' WHEN n <= 20000 THEN 'campaign' WHEN n % 4 = 1 THEN 'tariff'
                ELSE 'promotion' END,
            (n % 10000)::text,
            CASE WHEN n % 4 = 0 THEN 'extend' WHEN n <= 20000 AND n % 3 = 0 THEN 'delete' ELSE 'change' END,
            '{}', CASE n % 4 WHEN 0 THEN lpad((n % 5000)::text, 32, '0')::uuid END
        FROM generate_series(1, $1) AS n";
    pool.execute(fill, &[(&CHANGES, pg::Type::INT8)])
        .await
        .unwrap();
    pool.execute("ANALYZE staff_changes", &[]).await.unwrap();
    let plans = Plans::default();
    let store = explained(&url, &plans).await;
    let (start, minutes) = ("2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap(), 5);
    let at = |n: i64| start + SignedDuration::from_mins(n * minutes);
    let together = AuditFilter {
        actor_id: Some(id(1)),
        user_id: Some(id(2_000)),
        resource: Some(StaffResource::Subscription),
        resource_id: Some("2000".to_owned()),
        action: Some("extend".to_owned()),
        from: Some(at(100_000)),
        to: Some(at(150_000)),
        about_users: false,
    };
    let apart = AuditFilter {
        actor_id: Some(id(3)),
        user_id: Some(id(4)),
        resource: Some(StaffResource::Campaign),
        resource_id: Some("20001".to_owned()),
        action: Some("delete".to_owned()),
        from: Some(at(CHANGES - 3)),
        to: Some(at(CHANGES + 1)),
        about_users: false,
    };
    let mut found = 0;
    for all in [&together, &apart] {
        // Of each filter; the two ends of the period are one.
        let mut alone = HashMap::new();
        for bits in FILTERS.into_iter().chain([1 << 5, 1 << 6]) {
            alone.insert(bits, matching(&pool, &chosen(all, bits)).await);
        }
        for bits in 0..256 {
            let filter = chosen(all, bits);
            let page = store.find_staff_changes(&filter, None, PAGE as i64).await;
            found += page.unwrap().len();
            let filters = FILTERS.map(|filter| bits & filter);
            let filters: Vec<u32> = filters.into_iter().filter(|filter| *filter > 0).collect();
            let rarest = filters.iter().map(|filter| alone[filter]);
            let rarest = rarest.reduce(f64::min).unwrap_or_default();
            let read = match filters.len() {
                0 | 1 => PAGE as f64,
                _ if bits & ABOUT_USERS != 0 => alone[&ABOUT_USERS],
                _ => rarest.max(PAGE as f64),
            };
            let bounds = Bounds {
                small: &[],
                read,
                sorted: read,
            };
            let taken = plans.take();
            assert_eq!(taken.len(), 1);
            assert_frugal(taken, &bounds);
        }
    }
    assert!(found > 1_000, "{found}");
    // The next page of everything.
    let everything = AuditFilter::default();
    let first = store
        .find_staff_changes(&everything, None, 20)
        .await
        .unwrap();
    let after = first.last().map(StaffChange::place);
    let next = store.find_staff_changes(&everything, after, 20).await;
    assert_eq!(next.unwrap()[0].place().0, at(CHANGES - 20));
    let bounds = Bounds {
        small: &[],
        read: PAGE as f64,
        sorted: 0.0,
    };
    assert_frugal(plans.take(), &bounds);
}

#[tokio::test]
async fn purge_of_requests_reads_the_old_ones() {
    let url = scratch::loyalty_url().await;
    let fill = "INSERT INTO staff_requests (actor_id, key, fingerprint, resource_id, at)
        SELECT gen_random_uuid(), int4send(n), '', 'x', now() - CASE n % 10000 WHEN 0 THEN interval '8 days'
            ELSE interval '1 minute' END
        FROM generate_series(1, 100000) AS n";
    let pool = Pool::new(&url, 1).unwrap();
    pool.execute(fill, &[]).await.unwrap();
    pool.execute("ANALYZE staff_requests", &[]).await.unwrap();
    let plans = Plans::default();
    let store = explained(&url, &plans).await;
    let purged = store.purge_staff_requests(SystemClock.now()).await;
    assert_eq!(purged.unwrap(), 10);
    let bounds = Bounds {
        small: &[],
        read: 10.0,
        sorted: 10.0,
    };
    assert_frugal(plans.take(), &bounds);
}

/// The filters of the audit log by the bits of [`chosen`].
const FILTERS: [u32; 7] = [1, 1 << 1, 1 << 2, 1 << 3, 1 << 4, 0b110_0000, ABOUT_USERS];
const ABOUT_USERS: u32 = 1 << 7;

/// Those of the filters whose bits are set.
fn chosen(all: &AuditFilter, bits: u32) -> AuditFilter {
    let has = |bit: u32| bits & (1 << bit) != 0;
    AuditFilter {
        actor_id: all.actor_id.filter(|_| has(0)),
        user_id: all.user_id.filter(|_| has(1)),
        resource: all.resource.filter(|_| has(2)),
        resource_id: all.resource_id.clone().filter(|_| has(3)),
        action: all.action.clone().filter(|_| has(4)),
        from: all.from.filter(|_| has(5)),
        to: all.to.filter(|_| has(6)),
        about_users: has(7),
    }
}

/// How many changes fit a filter.
async fn matching(pool: &Pool, filter: &AuditFilter) -> f64 {
    let sql = "SELECT count(*) FROM staff_changes c
        WHERE ($1 IS NULL OR c.actor_id = $1) AND ($2 IS NULL OR c.user_id = $2) AND ($3 IS NULL OR c.resource = $3)
            AND ($4 IS NULL OR c.resource_id = $4) AND ($5 IS NULL OR c.action = $5)
            AND ($6 IS NULL OR c.at >= $6) AND ($7 IS NULL OR c.at < $7) AND (NOT $8 OR c.user_id IS NOT NULL)";
    let resource = filter.resource.map(StaffResource::as_str);
    let params: [pg::Param<'_>; 8] = [
        (&filter.actor_id, pg::Type::UUID),
        (&filter.user_id, pg::Type::UUID),
        (&resource, pg::Type::TEXT),
        (&filter.resource_id, pg::Type::TEXT),
        (&filter.action, pg::Type::TEXT),
        (&filter.from, pg::Type::TIMESTAMPTZ),
        (&filter.to, pg::Type::TIMESTAMPTZ),
        (&filter.about_users, pg::Type::BOOL),
    ];
    let row = pool.row(sql, &params).await.unwrap().unwrap();
    row.get::<_, i64>(0) as f64
}

/// How much a plan may read.
struct Bounds {
    /// Tables that may be read as a whole.
    small: &'static [&'static str],
    /// The rows of a scan of another table.
    read: f64,
    /// The rows of a sort.
    sorted: f64,
}

/// Those of what users do all the time.
const BOUNDS: Bounds = Bounds {
    small: &SMALL,
    read: MAX_READ,
    sorted: MAX_SORTED,
};

/// Checks that each plan reads no more than it may.
fn assert_frugal(plans: Vec<Value>, bounds: &Bounds) {
    let mut wrong = BTreeSet::new();
    for plan in plans {
        let mut faults = vec![];
        look(&plan["Plan"], bounds, &mut faults);
        if !faults.is_empty() {
            let text = plan["Query Text"].as_str().unwrap_or_default();
            wrong.insert(format!("{}: {text}", faults.join(", ")));
        }
    }
    let wrong: Vec<String> = wrong.into_iter().collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n\n"));
}

/// Does what users do all the time.
async fn use_promo_codes(store: &LoyaltyStore, plans: &Plans) {
    let now = SystemClock.now();
    // Loads the whole catalogue, which is then cached.
    list(store, NEWCOMER, now).await;
    plans.take();
    for user in NEWCOMER..NEWCOMER + TIMES {
        list(store, user, now).await;
        // Without limits; with limits and a campaign; a personal code.
        for (tariff, code) in [
            (1, "SHARED7"),
            (2, "SHARED10"),
            (3, &format!("PERSONAL{user}")),
        ] {
            let held = apply(store, user, code, tariff, now).await;
            let held = held.unwrap_or_else(|| panic!("{code} is refused"));
            assert_eq!(
                apply(store, user, code, tariff, now)
                    .await
                    .map(|again| again.id),
                Some(held.id)
            );
            if tariff == 2 {
                let bought = store
                    .open_purchase(&held, None, now, &OsRandom)
                    .await
                    .unwrap();
                assert!(matches!(bought, OpenPurchaseOutcome::Opened(_)));
                continue;
            }
            let cancelled = store.cancel(id(user), &promo(code), None, now).await;
            let Cancelled::Done(cancelled) = cancelled.unwrap() else {
                panic!("nothing was cancelled");
            };
            assert_eq!(cancelled[0].id, held.id);
        }
        list(store, user, now).await;
        store.find_subscriptions(id(user), now).await.unwrap();
        decisions(store, about(user)).await;
    }
    for _ in 0..TIMES {
        list(store, INSIDER, now).await;
        let known = apply(store, INSIDER, "SHARED501", 1, now).await;
        assert!(known.is_none());
        let held = apply(store, INSIDER, "SHARED7", 1, now).await.unwrap();
        store.release_application(held.id, now).await.unwrap();
        list(store, BUYER, now).await;
        let held = apply(store, BUYER, "SHARED7", 1, now).await.unwrap();
        store.release_application(held.id, now).await.unwrap();
        assert!(
            apply(store, BUYER, "SHARED501", 1, now).await.is_none(),
            "the user has used it"
        );
        store.find_subscriptions(id(BUYER), now).await.unwrap();
        decisions(store, about(BUYER)).await;
    }
}

async fn apply(
    store: &LoyaltyStore,
    user: usize,
    code: &str,
    tariff: i64,
    now: Timestamp,
) -> Option<Application> {
    let request = PromoRequest {
        user_id: id(user),
        promo: promo(code),
        tariff: TariffId(tariff),
        move_held: false,
    };
    match redemption::apply(store, &request, now, &OsRandom)
        .await
        .unwrap()
    {
        ApplyOutcome::Applied(application) | ApplyOutcome::AppliedBefore(application) => {
            Some(application)
        }
        ApplyOutcome::Refused { .. } => None,
        other => panic!("{other:?}"),
    }
}

/// Looks for applications as staff do: two pages by each filter that a list needs one of.
async fn list_applications(store: &LoyaltyStore) {
    let now = SystemClock.now();
    let filter = ApplicationFilter::default;
    let from = Some(now - SignedDuration::from_hours(24 * 31));
    let filters = [
        ApplicationFilter {
            user_id: Some(id(BUYER)),
            ..filter()
        },
        ApplicationFilter {
            code_id: Some(7),
            ..filter()
        },
        ApplicationFilter {
            promotion_id: Some(7),
            from,
            to: Some(now),
            ..filter()
        },
        ApplicationFilter {
            campaign_id: Some(510),
            ..filter()
        },
        ApplicationFilter {
            from,
            to: Some(now),
            ..filter()
        },
        ApplicationFilter {
            from,
            to: Some(now),
            by_staff: Some(true),
            ..filter()
        },
    ];
    for filter in &filters {
        let first = store.find_applications(filter, None, PAGE as i64).await;
        let first = first.unwrap();
        assert_eq!(first.len(), PAGE, "{filter:?}");
        let after = first.last().map(StoredApplication::place);
        let second = store.find_applications(filter, after, PAGE as i64).await;
        let places: Vec<_> = first
            .iter()
            .chain(&second.unwrap())
            .map(StoredApplication::place)
            .collect();
        assert!(places.is_sorted_by(|a, b| a > b), "newest first, each once");
        let found = store.find_application(first[0].id).await.unwrap();
        assert!(found.is_some());
    }
}

async fn list(store: &LoyaltyStore, user: usize, now: Timestamp) {
    let page = store.list_codes(id(user), None, PAGE, now).await.unwrap();
    assert_eq!(page.len(), PAGE);
}

/// Lists decisions; returns how many there are on the page.
async fn decisions(store: &LoyaltyStore, filter: DecisionFilter) -> usize {
    let page = store.find_decisions(&filter, None, PAGE as i64).await;
    page.unwrap().len()
}

/// Whatever was decided about a user.
fn about(user: usize) -> DecisionFilter {
    DecisionFilter {
        user_id: Some(id(user)),
        ..DecisionFilter::default()
    }
}

fn promo(code: &str) -> PromoRef {
    PromoRef::Text(PromoCode::candidates(code))
}

/// The UUID with the digits of a number.
pub fn id(user: usize) -> Uuid {
    format!("{user:0>32}").parse().unwrap()
}

/// Fills the tables. Promotions have a shared code and a batch of personal ones each; every second has limits, every tenth
/// a campaign.
async fn fill(pool: &Pool) {
    let tables = [
        "INSERT INTO tariffs (title, price_minor, currency, period_months)
         SELECT 'Tariff', 30000, 'RUB', 1 FROM generate_series(1, 3)",
        "INSERT INTO campaigns (title, total_limit, budget_minor)
         SELECT 'Campaign ' || n, 1000000, 1000000000 FROM generate_series(1, 1000) AS n",
        "INSERT INTO promotions (title, status, listed, effect, effect_minor, starts_at, total_limit, budget_minor, campaign_id)
         SELECT 'Promotion', 'active', true, 'amount_off', 100, now() - interval '1 day',
             CASE n % 2 WHEN 0 THEN 1000000 END, CASE n % 2 WHEN 0 THEN 1000000000 END, CASE n % 10 WHEN 0 THEN n END
         FROM generate_series(1, 1000) AS n",
        "INSERT INTO promo_codes (promotion_id, code) SELECT id, 'SHARED' || id FROM promotions",
        "INSERT INTO code_batches (promotion_id, title, created_at) SELECT id, 'Batch', now() FROM promotions",
        "INSERT INTO users (id, status, version, updated_at)
         SELECT lpad(n::text, 32, '0')::uuid, 'active', 1, now() FROM generate_series(1, 20000) AS n",
        "INSERT INTO promo_codes (promotion_id, batch_id, user_id, max_uses, code)
         SELECT b.promotion_id, b.id, lpad(n::text, 32, '0')::uuid, 1, 'PERSONAL' || n
         FROM generate_series(1, 20000) AS n JOIN code_batches b ON b.promotion_id = 1 + (n + 500) % 1000",
        "INSERT INTO promotion_usage (promotion_id, stripe)
         SELECT id, n FROM promotions, generate_series(0, 31) AS n ON CONFLICT DO NOTHING",
        "INSERT INTO user_groups (title) SELECT 'Group ' || n FROM generate_series(1, 100) AS n",
        "INSERT INTO group_members (group_id, user_id, added_at)
         SELECT 1 + n % 100, lpad(n::text, 32, '0')::uuid, now() FROM generate_series(1, 20000) AS n",
        // Almost half of them are of one code; one in ten is the buyer's, who has used no code below 501. An ID begins
        // with the time.
        "WITH used AS (
             INSERT INTO applications (id, user_id, person_id, code_id, promotion_id, campaign_id, tariff_id, price_minor,
                 total_minor, created_at, expires_at, updated_at, code_version, promotion_version, tariff_version, rule_set,
                 stripe, code_counted, first_purchase, currency, state, observed, applied_by)
             SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || substr(md5(n::text), 13))::uuid,
                 user_id, user_id, code, code, CASE code % 10 WHEN 0 THEN code END, 1, 30000, 29900, at, at, at, 1, 1, 1,
                 1, 0, false, false, 'RUB', 'used', '{}', CASE n % 100 WHEN 1 THEN user_id END
             FROM generate_series(1, 20000) AS n,
                 LATERAL (SELECT lpad(CASE n % 10 WHEN 0 THEN '10' ELSE n::text END, 32, '0')::uuid AS user_id,
                     CASE WHEN n <= 10000 AND n % 10 > 0 THEN 7 ELSE 501 + n / 10 % 500 END AS code,
                     now() - interval '1 minute' * n AS at) AS made
             RETURNING *
         ), bought AS (
             INSERT INTO purchases (id, application_id, code_id, user_id, tariff_id, status, price_minor, total_minor,
                 currency, period_months, created_at, updated_at, check_at)
             SELECT id, id, code_id, user_id, 1, 'paid', price_minor, total_minor, currency, 1, created_at, created_at, NULL
             FROM used RETURNING *
         )
         INSERT INTO subscriptions (purchase_id, user_id, tariff_id, starts_at, ends_at, time_zone, anchor, months)
         SELECT id, user_id, 1, created_at, created_at, 'UTC', created_at, 1 FROM bought",
        "INSERT INTO ledger (at, purchase_id, kind, reference, amount_minor, currency)
         SELECT created_at, id, 'payment', id, total_minor, currency FROM purchases",
        "INSERT INTO refunds (id, purchase_id, amount_minor, currency, cause, status, created_at, updated_at, check_at)
         SELECT gen_random_uuid(), id, 100, currency, 'provider', 'pending', created_at, created_at, created_at
         FROM purchases",
        "INSERT INTO approvals (id, kind, state, purchase_id, proposal, requested_by, requested_at, expires_at, decided_by,
             decided_at)
         SELECT r.id, 'refund', 'approved', r.purchase_id, '{}', gen_random_uuid(), r.created_at,
             r.created_at + interval '7 days', gen_random_uuid(), r.created_at
         FROM refunds r",
        "INSERT INTO refusals (id, at, user_id, code_id, promotion_id, tariff_id, code_version, promotion_version,
             tariff_version, rule_set, refused, observed)
         SELECT gen_random_uuid(), created_at, user_id, code_id, promotion_id, 1, 1, 1, 1, 1, '{promo_not_started}', '{}'
         FROM applications",
        // The last user has seen almost everything as a member of staff, and a hundred others a few codes.
        "INSERT INTO insiders (person_id, promotion_id, since)
         SELECT lpad('20000', 32, '0')::uuid, id, now() FROM promotions WHERE id > 30",
        "INSERT INTO insiders (person_id, code_id, since)
         SELECT lpad((CASE n % 2 WHEN 0 THEN 20000 ELSE 19000 + n % 100 END)::text, 32, '0')::uuid, 1000 + n, now()
         FROM generate_series(1, 20000) AS n",
        "UPDATE promotions SET title = 'Promotion of today'",
        "UPDATE promo_codes SET max_uses = 2 WHERE batch_id IS NOT NULL",
        "ANALYZE",
    ];
    for sql in tables {
        pool.rows_of_all(sql, &[]).await.unwrap();
    }
}

/// The plans that a server has reported, as JSON.
#[derive(Clone, Default)]
struct Plans(Arc<Mutex<Vec<Value>>>);

impl Plans {
    fn take(&self) -> Vec<Value> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    /// Extracts the plan from a notice, whose fields are a letter and a text each.
    fn add(&self, notice: &[u8]) {
        let mut fields = notice.split(|byte| *byte == 0);
        let message = fields.find_map(|field| field.strip_prefix(b"M"));
        let text = String::from_utf8_lossy(message.unwrap_or_default()).into_owned();
        if let Some((_, plan)) = text.split_once("plan:\n") {
            self.0
                .lock()
                .unwrap()
                .push(serde_json::from_str(plan).unwrap());
        }
    }
}

/// A store with one connection to the database at `url`, on which the server reports the plan of each statement,
/// including those in functions. The plans are collected in `plans`.
async fn explained(url: &str, plans: &Plans) -> LoyaltyStore {
    let superuser = runtime::required("LOYALTY_SUPERUSER_URL", "run `cargo local test`").unwrap();
    let config: tokio_postgres::Config = superuser.parse().unwrap();
    let (tokio_postgres::config::Host::Tcp(host), port) =
        (&config.get_hosts()[0], config.get_ports()[0])
    else {
        panic!("the tests reach the database over TCP");
    };
    let server = format!("{host}:{port}");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let here = listener.local_addr().unwrap().to_string();
    let (_, options) = url.split_once('?').unwrap();
    let settings = [
        "session_preload_libraries=auto_explain",
        "auto_explain.log_min_duration=0",
        "auto_explain.log_nested_statements=on",
        "auto_explain.log_analyze=on",
        "auto_explain.log_timing=off",
        "auto_explain.log_format=json",
        "client_min_messages=log",
    ];
    let settings = settings.map(|one| format!("%20-c%20{}", one.replace('=', "%3D")));
    let through = format!(
        "{}?{options}{}",
        superuser.replace(&server, &here),
        settings.concat()
    );
    let plans = plans.clone();
    tokio::spawn(async move {
        loop {
            let (client, _) = listener.accept().await.unwrap();
            let server = TcpStream::connect(&server).await.unwrap();
            tokio::spawn(pass_on(client, server, plans.clone()));
        }
    });
    LoyaltyStore::new(Pool::new(&through, 1).unwrap())
}

/// Forwards a connection and inspects the notices.
async fn pass_on(client: TcpStream, server: TcpStream, plans: Plans) -> std::io::Result<()> {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
    loop {
        let kind = from_server.read_u8().await?;
        let length = from_server.read_u32().await?;
        let mut message = vec![0; length as usize - 4];
        from_server.read_exact(&mut message).await?;
        if kind == b'N' {
            plans.add(&message);
        }
        to_client.write_u8(kind).await?;
        to_client.write_u32(length).await?;
        to_client.write_all(&message).await?;
    }
}

/// Collects what is wrong with a node of a plan and those below it.
fn look(node: &Value, bounds: &Bounds, faults: &mut Vec<String>) {
    let number = |name: &str| node[name].as_f64().unwrap_or_default();
    let kind = node["Node Type"].as_str().unwrap_or_default();
    let table = node["Relation Name"].as_str().unwrap_or_default();
    let (rows, loops) = (number("Actual Rows"), number("Actual Loops").max(1.0));
    if kind == "Seq Scan" && !bounds.small.contains(&table) {
        faults.push(format!("reads all of {table}"));
    }
    let read =
        loops * (rows + number("Rows Removed by Filter") + number("Rows Removed by Index Recheck"));
    if !table.is_empty() && read > bounds.read && !bounds.small.contains(&table) {
        faults.push(format!("reads {read} rows of {table}"));
    }
    let sorted = node["Plans"][0]["Actual Rows"].as_f64().unwrap_or_default();
    if kind.ends_with("Sort") && sorted > bounds.sorted {
        faults.push(format!("sorts {sorted} rows"));
    }
    for below in node["Plans"].as_array().into_iter().flatten() {
        look(below, bounds, faults);
    }
}
