//! The members of groups as files: imported, exported, and made from e-mail addresses.

use std::collections::BTreeSet;
use std::time::Instant;

use pg::{AdHoc, Type};
use serde_json::{Value, json};
use testkit::{Answer, Audience, Host, PromoSpec, User, World, join_all, now, rows, unique};
use uuid::Uuid;

/// As many as a file may have.
const MANY: usize = 100_000;

async fn group(staff: &User) -> i64 {
    let body = json!({ "title": unique("Files ") });
    let made = staff.call("POST", "/admin/groups").json(&body).send().await;
    made.success(201)["group_id"].as_i64().unwrap()
}

async fn import(staff: &User, group: i64, query: &str, file: impl Into<Vec<u8>>) -> Answer {
    let path = format!("/admin/groups/{group}/members/import?{query}");
    staff.call("POST", &path).csv(file).send().await
}

async fn export(staff: &User, group: i64) -> Answer {
    let path = format!("/admin/groups/{group}/members.csv");
    staff.call("GET", &path).send().await
}

async fn resolve(staff: &User, file: impl Into<Vec<u8>>) -> Answer {
    let call = staff.call("POST", "/admin/users/resolve");
    call.csv(file).send().await
}

async fn remove_group(staff: &User, group: i64) {
    let path = format!("/admin/groups/{group}");
    let call = staff.call("DELETE", &path).header("if-match", "*");
    call.send().await.success(204);
}

#[track_caller]
fn members(exported: &Answer) -> BTreeSet<Uuid> {
    let mut lines = exported.csv().lines();
    assert_eq!(lines.next(), Some("user_id,added_at"));
    let ids: Vec<Uuid> = lines.map(|line| line[..36].parse().unwrap()).collect();
    assert!(ids.is_sorted(), "{exported}");
    ids.into_iter().collect()
}

fn file(ids: impl IntoIterator<Item = Uuid>) -> String {
    ids.into_iter().map(|id| format!("{id}\n")).collect()
}

fn counts(added: i64, removed: i64, unchanged: i64, lines: usize) -> Value {
    json!({ "added": added, "removed": removed, "unchanged": unchanged, "lines": lines, "skipped": 0 })
}

/// The errors of a file as line and advice.
#[track_caller]
fn errors(answer: &Answer) -> Vec<(u64, &str)> {
    let problem = answer.problem(422, "csv_invalid");
    let errors = problem["errors"].as_array().unwrap().iter();
    errors
        .map(|error| {
            let (line, detail) = (error["line"].as_u64(), error["detail"].as_str());
            (line.unwrap(), detail.unwrap())
        })
        .collect()
}

#[tokio::test]
async fn import_shows_in_the_next_decision() {
    let world = World::new().await;
    let marketer = world.staff("marketer").await;
    let (user, other) = (world.user().await, world.user().await);
    let (group, tariff) = (group(&marketer).await, world.tariff(29_900).await);
    let promo = world
        .promo(PromoSpec {
            audience: Audience::Groups(vec![group]),
            ..PromoSpec::default()
        })
        .await;
    let passes = async |user: &User| match user.apply(&promo, &tariff).await.status {
        201 => {
            user.cancel(&promo).await.success(200);
            true
        }
        _ => false,
    };
    assert!(!passes(&user).await);
    for (mode, file, expected, members) in [
        ("add", file([user.id]), counts(1, 0, 0, 1), [true, false]),
        (
            "add",
            file([user.id, other.id]),
            counts(1, 0, 1, 2),
            [true, true],
        ),
        (
            "replace",
            file([other.id]),
            counts(0, 1, 1, 1),
            [false, true],
        ),
        (
            "replace",
            file([user.id]),
            counts(1, 1, 0, 1),
            [true, false],
        ),
        (
            "remove",
            file([user.id, other.id]),
            counts(0, 1, 1, 2),
            [false, false],
        ),
    ] {
        // The same file without effect first, and again afterwards.
        let dry_run = format!("mode={mode}&dry_run=true");
        let dry = import(&marketer, group, &dry_run, file.as_str()).await;
        assert_eq!(dry.success(200), &expected);
        let done = import(&marketer, group, &format!("mode={mode}"), file.as_str()).await;
        assert_eq!(done.success(200), &expected);
        assert_eq!(
            [passes(&user).await, passes(&other).await],
            members,
            "{mode}"
        );
        let again = import(&marketer, group, &format!("mode={mode}"), file.as_str()).await;
        let lines = expected["lines"].as_u64().unwrap();
        assert_eq!(
            again.success(200),
            &counts(0, 0, lines as i64, lines as usize)
        );
    }
    let sql = "SELECT details ->> 'mode' FROM staff_changes
        WHERE resource = 'group' AND resource_id = $1::text AND action = 'import_members' AND actor_id = $2 ORDER BY id";
    let params: [pg::Param; 2] = [(&group, Type::INT8), (&marketer.id, Type::UUID)];
    let kept = world.loyalty.rows(sql, &params).await.unwrap();
    let kept: Vec<&str> = kept.iter().map(|row| row.get(0)).collect();
    assert_eq!(kept, ["add", "add", "replace", "replace", "remove"]);
    world.finish().await;
}

#[tokio::test]
async fn every_wrong_line_is_named_and_nothing_changes() {
    let world = World::new().await;
    let marketer = world.staff("marketer").await;
    let (user, gone) = (world.user().await, world.user().await);
    gone.delete().await.success(204);
    world.until_status(gone.id, "deleted").await;
    let group = group(&marketer).await;
    let nobody = Uuid::from_u128(7);
    let (user_id, gone_id) = (user.id, gone.id);
    let file = format!(
        "\u{feff}Name;USER_ID\r\nAnna;{user_id}\r\n\r\nBoris;{nobody}\r\nZoya;anna@example.com\r\n\
        Vera;\"{gone_id}\"\r\n\"Gleb;{user_id}\r\n;\r\nDina;{{{user_id}}}\r\nEva;\r\n"
    );
    let unknown = "remove this line: there is no such user, or the account is deleted";
    let expected = [
        (4, unknown),
        (5, "use the ID of a user, a UUID"),
        (6, unknown),
        (7, "close the quotes within the line"),
        (9, "remove this line: line 2 has the same user"),
        (10, "enter a value: this line has none in the column"),
    ];
    for mode in ["add", "remove", "replace", "add&dry_run=true"] {
        let answer = import(&marketer, group, &format!("mode={mode}"), file.as_str()).await;
        assert_eq!(errors(&answer), expected);
        assert_eq!(answer.json["error_count"], 6);
        assert!(!answer.body().contains("anna@"), "{answer}");
    }
    let path = format!("/admin/groups/{group}/members/import?mode=add");
    let call = marketer
        .call("POST", &path)
        .csv(file)
        .header("accept-language", "ru");
    let russian = call.send().await;
    assert_eq!(errors(&russian).len(), 6);
    for (line, detail) in errors(&russian) {
        let is_russian = detail.chars().any(|c| ('а'..='я').contains(&c));
        assert!(is_russian, "{line}: {detail}");
    }
    // The first hundred of many, those that only the database knows among them.
    let mut many: Vec<String> = (1..=150).map(|n| Uuid::from_u128(n).to_string()).collect();
    for at in (0..150).step_by(3) {
        many[at] = "x".to_owned();
    }
    let answer = import(&marketer, group, "mode=add", many.join("\n")).await;
    let lines: Vec<u64> = errors(&answer).iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, Vec::from_iter(1..=100));
    assert_eq!(answer.json["error_count"], 150);
    let several = import(&marketer, group, "mode=add", format!("x,{user_id}")).await;
    let advice = "name the columns in the first line, or keep one value in each line";
    assert_eq!(errors(&several), [(1, advice)]);

    assert!(members(&export(&marketer, group).await).is_empty());
    remove_group(&marketer, group).await;
    world.finish().await;
}

#[tokio::test]
async fn file_that_is_none_is_refused() {
    let world = World::new().await;
    let marketer = world.staff("marketer").await;
    let group = group(&marketer).await;
    let path = format!("/admin/groups/{group}/members/import?mode=replace");
    for kind in [
        "application/json",
        "text/plain",
        "text/csv; charset=windows-1251",
        "application/vnd.ms-excel",
    ] {
        let call = marketer.call("POST", &path).header("content-type", kind);
        let answer = call.bytes("user_id").send().await;
        let problem = answer.problem(415, "unsupported_media_type");
        assert_eq!(problem["accepted"], json!(["text/csv; charset=utf-8"]));
    }
    for empty in [
        "",
        "\n \r\n",
        "user_id\n",
        "user_id,line,error\n,2,no_account\n",
    ] {
        import(&marketer, group, "mode=replace", empty)
            .await
            .problem(422, "csv_empty");
    }
    let long = "x\n".repeat(MANY + 1);
    let answer = import(&marketer, group, "mode=add", long.as_str()).await;
    assert_eq!(answer.problem(413, "csv_too_long")["limit"], MANY);
    if world.settings.host == Host::Gateway {
        let windows = [b"user_id\r\n".repeat(2), b"\xc0\xed\xed\xe0\r\n".to_vec()].concat();
        let answer = import(&marketer, group, "mode=add", windows).await;
        assert_eq!(answer.problem(400, "csv_not_utf8")["line"], 3);
    }
    for (query, code) in [
        ("", "query_parameter_missing"),
        ("mode=", "query_parameter_invalid"),
        ("mode=ADD", "query_parameter_invalid"),
        ("mode=add&mode=add", "query_parameter_repeated"),
        ("mode=add&dry_run=1", "query_parameter_invalid"),
        ("mode=add&dryrun=true", "query_parameter_unknown"),
    ] {
        import(&marketer, group, query, "x")
            .await
            .problem(400, code);
    }
    for (group, file) in [(i64::MAX, long[..2].to_owned()), (0, file([marketer.id]))] {
        let answer = import(&marketer, group, "mode=add", file).await;
        answer.problem(404, "group_not_found");
        export(&marketer, group)
            .await
            .problem(404, "group_not_found");
    }
    let (user, support) = (world.user().await, world.staff("support").await);
    for caller in [&user, &support] {
        import(caller, group, "mode=add", "x")
            .await
            .problem(403, "marketer_only");
    }
    export(&user, group).await.problem(403, "staff_only");
    assert!(members(&export(&support, group).await).is_empty());
    let cursor = format!("/admin/groups/{group}/members.csv?cursor=x");
    let answer = support.call("GET", &cursor).send().await;
    answer.problem(400, "query_parameter_invalid");
    remove_group(&marketer, group).await;
    world.finish().await;
}

#[tokio::test]
async fn addresses_become_members_in_two_calls() {
    let world = World::new().await;
    let (marketer, support) = (world.staff("marketer").await, world.staff("support").await);
    let users = world.users(2).await;
    let group = group(&marketer).await;
    let (first, second) = (&users[0].email, users[1].email.to_uppercase());
    let file = format!(
        "phone;E-Mail;email\n1;;{first}\n\n2;;nobody-{first}\n3;;{second}\n4;;not an address\n5;;{}\n\"6;;{first}\n",
        first.to_uppercase()
    );
    let resolved = resolve(&marketer, file.as_str()).await;
    let expected = format!(
        "user_id,line,error\n{},2,\n,4,no_account\n{},5,\n,6,invalid_address\n,7,duplicate\n,8,invalid_line\n",
        users[0].id, users[1].id
    );
    assert_eq!(resolved.csv(), expected);
    let imported = import(&marketer, group, "mode=add", resolved.csv()).await;
    let mut done = counts(2, 0, 0, 2);
    done["skipped"] = json!(4);
    assert_eq!(imported.success(200), &done);
    let ids = BTreeSet::from_iter(users.iter().map(|user| user.id));
    assert_eq!(members(&export(&support, group).await), ids);

    // As JSON, for all staff; one column needs no name.
    let file = format!("{first}\n{second}\nnobody-{first}\nnot an address");
    let call = support.call("POST", "/admin/users/resolve").csv(file);
    let call = call.header("accept", "application/json");
    let answer = call.header("accept-language", "ru").send().await;
    let expected = json!({
        "user_ids": [users[0].id, users[1].id],
        "errors": [
            { "line": 3, "detail": "учётной записи с таким адресом нет" },
            { "line": 4, "detail": "укажите адрес электронной почты вида name@example.com" },
        ],
        "error_count": 2,
        "lines": 4,
    });
    assert_eq!(answer.success(200), &expected);
    assert!(!answer.body().contains('@') || answer.body().matches('@').count() == 1);
    // Once per person and call.
    let sql = "SELECT count(*) FROM staff_actions WHERE actor_id = ANY ($1) AND action = 'look_up'";
    let staff = vec![marketer.id, support.id];
    let params: [pg::Param; 1] = [(&staff, Type::UUID_ARRAY)];
    let row = world.auth.row(sql, &params).await.unwrap().unwrap();
    assert_eq!(row.get::<_, i64>(0), 4);

    resolve(&support, "").await.problem(422, "csv_empty");
    let several = resolve(&support, format!("a,{first}")).await;
    assert_eq!(errors(&several).len(), 1);
    let long = "a@example.com\n".repeat(MANY + 1);
    let answer = resolve(&support, long.as_str()).await;
    assert_eq!(answer.problem(413, "csv_too_long")["limit"], MANY);
    resolve(&users[0], first.as_str())
        .await
        .problem(403, "staff_only");
    let call = support.call("POST", "/admin/users/resolve");
    let call = call.header("content-type", "text/plain").bytes("x");
    let answer = call.send().await;
    let accepted = json!(["application/json", "text/csv; charset=utf-8"]);
    assert_eq!(
        answer.problem(415, "unsupported_media_type")["accepted"],
        accepted
    );
    remove_group(&marketer, group).await;
    world.finish().await;
}

#[tokio::test]
async fn concurrent_imports_leave_the_members_of_one() {
    let world = World::new().await;
    let marketer = world.staff("marketer").await;
    let group = group(&marketer).await;
    let ids = rows::insert_new_users(&world.loyalty, 3_000).await;
    let files = [&ids[..2_000], &ids[1_000..]];
    for _ in 0..5 {
        let calls = files.map(|ids| import(&marketer, group, "mode=replace", file(ids.to_vec())));
        for answer in join_all(calls).await {
            let counts = answer.success(200);
            let sum = counts["added"].as_i64().unwrap() + counts["unchanged"].as_i64().unwrap();
            assert_eq!(sum, 2_000, "{answer}");
        }
        let left = members(&export(&marketer, group).await);
        let whole = files.map(|ids| BTreeSet::from_iter(ids.iter().copied()));
        assert!(whole.contains(&left), "{} members", left.len());
    }
    // In opposite directions: whoever is added and removed at once is in or out, and nobody else.
    let calls = ["mode=add", "mode=remove", "mode=add", "mode=remove"];
    let calls = calls.map(|mode| import(&marketer, group, mode, file(ids.clone())));
    for answer in join_all(calls).await {
        answer.success(200);
    }
    let left = members(&export(&marketer, group).await).len();
    assert!([0, 3_000].contains(&left), "{left} members");
    remove_group(&marketer, group).await;
    world.finish().await;
}

/// New active accounts on both sides. The `n`th of every 10,000 has the address `n-PART-unique@example.com`.
async fn insert_accounts(world: &World, unique: &str) -> Vec<Uuid> {
    let sql = "INSERT INTO users (id, email, email_key, name, password_hash, created_at, updated_at)
        SELECT id, n || '-' || $2 || '@example.com', n || '-' || $2 || '@example.com', NULL, 'none', $3, $3
        FROM unnest($1) WITH ORDINALITY AS o (id, n)";
    let mut all = vec![];
    for part in 0..MANY / 10_000 {
        let ids = rows::insert_new_users(&world.loyalty, 10_000).await;
        let part = format!("{part}-{unique}");
        let params: [pg::Param; 3] = [
            (&ids, Type::UUID_ARRAY),
            (&part, Type::TEXT),
            (&now(), Type::TIMESTAMPTZ),
        ];
        world.auth.execute(sql, &params).await.unwrap();
        all.extend(ids);
    }
    all
}

async fn delete_accounts(world: &World, ids: &[Uuid]) {
    // Each account is looked for as the first one of others, for which the service needs no index.
    let index = "CREATE INDEX users_by_first_account_for_a_test ON users (first_account_id)";
    world.auth.execute(index, &[]).await.unwrap();
    for ids in ids.chunks(10_000) {
        let params: [pg::Param; 1] = [(&ids, Type::UUID_ARRAY)];
        let accounts = "DELETE FROM users WHERE id = ANY ($1)";
        let actions = "DELETE FROM staff_actions WHERE user_id = ANY ($1)";
        let members = "DELETE FROM past_group_members WHERE user_id = ANY ($1)";
        let statuses = "DELETE FROM user_statuses WHERE user_id = ANY ($1)";
        for (pool, sql) in [
            (&world.auth, actions),
            (&world.auth, accounts),
            (&world.loyalty, members),
            (&world.loyalty, statuses),
            (&world.loyalty, accounts),
        ] {
            pool.execute(sql, &params).await.unwrap();
        }
    }
    let drop = "DROP INDEX users_by_first_account_for_a_test";
    world.auth.execute(drop, &[]).await.unwrap();
}

#[tokio::test]
async fn hundred_thousand_addresses_become_members() {
    let world = World::new().await;
    if world.settings.host == Host::Lambda {
        // Of answers of several megabytes, `cargo lambda watch` now and then loses one: its caller waits in vain.
        world.finish().await;
        return;
    }
    let marketer = world.staff("marketer").await;
    let group = group(&marketer).await;
    let unique = unique("many").to_lowercase();
    let mut ids = insert_accounts(&world, &unique).await;
    let emails: String = (0..MANY)
        .map(|n| format!("{}-{}-{unique}@example.com\r\n", n % 10_000 + 1, n / 10_000))
        .collect();
    let timed = async |what: &str, call: &mut dyn FnMut() -> testkit::Call| {
        let started = Instant::now();
        let answer = call().send().await;
        let size = answer.body().len();
        println!(
            "{MANY} lines: {what}: {:?}, {size} bytes in the answer",
            started.elapsed()
        );
        answer
    };
    let path = "/admin/users/resolve";
    let resolved = timed("resolve", &mut || {
        marketer
            .call("POST", path)
            .csv(format!("email\r\n{emails}"))
    })
    .await;
    assert_eq!(resolved.csv().lines().count(), MANY + 1);
    assert!(!resolved.csv().contains('@'));
    let json = timed("resolve, as JSON", &mut || {
        let call = marketer.call("POST", path).csv(emails.as_str());
        call.header("accept", "application/json")
    })
    .await;
    assert_eq!(json.success(200)["user_ids"], json!(ids));
    for (mode, expected) in [
        ("add&dry_run=true", counts(MANY as i64, 0, 0, MANY)),
        ("add", counts(MANY as i64, 0, 0, MANY)),
        ("add", counts(0, 0, MANY as i64, MANY)),
    ] {
        let path = format!("/admin/groups/{group}/members/import?mode={mode}");
        let imported = timed(mode, &mut || {
            marketer.call("POST", &path).csv(resolved.csv())
        })
        .await;
        assert_eq!(imported.success(200), &expected);
    }
    let path = format!("/admin/groups/{group}/members.csv");
    let exported = timed("export", &mut || marketer.call("GET", &path)).await;
    ids.sort();
    assert_eq!(members(&exported), BTreeSet::from_iter(ids.iter().copied()));
    assert_eq!(exported.header("link"), None);
    // As the JSON text in which a Lambda function answers: 6 MiB at most.
    let escaped = json!(exported.csv()).to_string().len();
    assert!(escaped < 6 * 1024 * 1024 - 64 * 1024, "{escaped} bytes");

    // One more member is in a second file.
    let one_more = world.user().await;
    import(&marketer, group, "mode=add", file([one_more.id]))
        .await
        .success(200);
    ids.push(one_more.id);
    ids.sort();
    let exported = marketer.call("GET", &path).send().await;
    assert_eq!(
        members(&exported),
        BTreeSet::from_iter(ids[..MANY].iter().copied())
    );
    let link = exported.header("link").unwrap();
    let next = link
        .strip_prefix('<')
        .and_then(|link| link.strip_suffix(">; rel=\"next\""));
    let rest = marketer.call("GET", next.unwrap()).send().await;
    assert_eq!(members(&rest), BTreeSet::from([ids[MANY]]));
    assert_eq!(rest.header("link"), None);

    let path = format!("/admin/groups/{group}/members/import?mode=replace");
    let one = file([one_more.id]);
    let imported = timed("replace by one", &mut || {
        marketer.call("POST", &path).csv(one.as_str())
    })
    .await;
    assert_eq!(imported.success(200)["removed"], MANY);
    remove_group(&marketer, group).await;
    ids.retain(|id| *id != one_more.id);
    delete_accounts(&world, &ids).await;
    world.finish().await;
}
