//! Personal data is in the auth database and nowhere else.

use std::path::Path;
use std::process::Command;

use pg::{AdHoc, Type};
use serde_json::{Value, json};
use testkit::{Answer, Host, PromoSpec, User, World, unique};

/// A person's data, each item unique, so that it is found wherever it turns up.
struct Person {
    mailbox: String,
    name: String,
    password: String,
    other_password: String,
}

impl Person {
    fn new() -> Person {
        Person {
            mailbox: unique("Zoya"),
            name: unique("Zoya Petrova "),
            password: unique("pass"),
            other_password: unique("wrong"),
        }
    }

    fn email(&self) -> String {
        format!("{}@example.com", self.mailbox)
    }

    fn secrets(&self) -> [&str; 4] {
        let name = self.name.rsplit(' ').next().unwrap_or_default();
        [&self.mailbox, name, &self.password, &self.other_password]
    }
}

async fn post(world: &World, path: &str, body: &Value) -> Answer {
    world.client.call("POST", path).json(body).send().await
}

/// Does everything that a person can do, and some of what can go wrong.
async fn live(world: &World, person: &Person) -> User {
    let (email, password) = (person.email(), &person.password);
    let account = json!({ "email": email, "password": password, "name": person.name });
    let registered = post(world, "/user_registration", &account).await;
    registered.success(201);
    post(world, "/user_registration", &account)
        .await
        .problem(409, "email_taken");
    let twisted = json!({ "email": person.mailbox, "password": password, "name": "\n" });
    post(world, "/user_registration", &twisted)
        .await
        .problem(422, "validation_failed");
    let no_json = format!("{{\"email\": \"{email}\", \"password\": \"{password}\"");
    let call = world.client.call("POST", "/login").body(no_json);
    call.send().await.problem(400, "body_not_json");
    let wrong = json!({ "email": email, "password": person.other_password });
    post(world, "/login", &wrong)
        .await
        .problem(401, "invalid_credentials");
    let right = json!({ "email": email, "password": password });
    let tokens = post(world, "/login", &right).await;
    tokens.success(200);
    let user = world.signed_in(registered.uuid("user_id"), &email, &tokens);
    world.until_status(user.id, "active").await;

    let tariff = world.tariff(29_900).await;
    let promo = world.promo(PromoSpec::default()).await;
    user.promocodes().await.success(200);
    user.apply(&promo, &tariff).await.success(201);
    user.cancel(&promo).await.success(200);
    user.buy(&promo, &tariff).await;
    let path = format!("/apply_promocode?promocode={}&tariff=1", person.mailbox);
    assert_eq!(user.call("POST", &path).send().await.status, 404);

    let refresh = json!({ "refresh_token": user.refresh_token });
    post(world, "/refresh_token", &refresh).await.success(200);
    let delete = |body: Value| user.call("DELETE", "/delete").json(&body).send();
    delete(json!({ "password": person.other_password }))
        .await
        .problem(401, "invalid_credentials");
    user
}

async fn erase(world: &World, person: &Person, user: &User) {
    let body = json!({ "password": person.password });
    let deleted = user.call("DELETE", "/delete").json(&body).send().await;
    deleted.success(204);
    world.until_status(user.id, "deleted").await;
}

/// Has staff make a member of the person by the address, with some mistakes.
async fn regroup(world: &World, person: &Person) {
    let marketer = world.staff("marketer").await;
    let (email, mailbox, name) = (person.email(), &person.mailbox, &person.name);
    let file =
        format!("email;name\n{email};{name}\n{mailbox} at example.com\n\"{email}\nno-{email}\n");
    let group = json!({ "title": unique("Files ") });
    let group = marketer.call("POST", "/admin/groups").json(&group).send();
    let path = format!(
        "/admin/groups/{}/members/import?mode=add",
        group.await.success(201)["group_id"]
    );
    for accept in ["text/csv", "application/json"] {
        let call = marketer.call("POST", "/admin/users/resolve");
        let call = call.header("accept", accept).csv(file.as_str());
        let resolved = call.send().await;
        assert_eq!(resolved.status, 200, "{resolved}");
        assert!(!resolved.body().contains(mailbox), "{resolved}");
        if accept == "text/csv" {
            let call = marketer.call("POST", &path).csv(resolved.csv());
            assert_eq!(call.send().await.success(200)["added"], 1);
        }
    }
    // The addresses themselves, sent to the wrong side.
    for file in [file.as_str(), &file.replace("email;name", "user_id;name")] {
        let answer = marketer.call("POST", &path).csv(file).send().await;
        answer.problem(422, "csv_invalid");
        assert!(!answer.body().contains(mailbox), "{answer}");
    }
}

/// The tables that contain `text` in any column and in any case.
async fn tables_with(pool: &pg::Pool, text: &str) -> Vec<String> {
    let sql = "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
               WHERE schemaname NOT IN ('pg_catalog', 'information_schema')";
    let tables = pool.rows(sql, &[]).await.unwrap();
    assert!(!tables.is_empty());
    let mut found = vec![];
    for table in tables {
        let table: String = table.get(0);
        // `bytea` values are shown in hexadecimal.
        let sql = format!(
            "SELECT 1 FROM {table} t WHERE strpos(lower(t::text), lower($1)) > 0
             OR strpos(t::text, encode(convert_to($1, 'UTF8'), 'hex')) > 0 LIMIT 1"
        );
        let row = pool.row(&sql, &[(&text, Type::TEXT)]).await.unwrap();
        found.extend(row.map(|_| table));
    }
    found
}

/// The files under `folder` that contain `text` in any case, except those of the auth database.
fn files_with(folder: &Path, text: &str) -> Vec<String> {
    let grep = Command::new("grep")
        .args(["-rlaiFs", "--exclude-dir=postgres_auth", "-e", text])
        .arg(folder)
        .env("LC_ALL", "C")
        .output()
        .unwrap();
    let files = String::from_utf8_lossy(&grep.stdout).into_owned();
    files.lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn personal_data_stays_in_auth() {
    let world = World::new().await;
    let person = Person::new();
    let user = live(&world, &person).await;
    regroup(&world, &person).await;
    assert_eq!(
        tables_with(&world.auth, &person.mailbox).await,
        ["public.users"]
    );
    erase(&world, &person, &user).await;

    for secret in person.secrets() {
        let none: Vec<String> = vec![];
        assert_eq!(tables_with(&world.loyalty, secret).await, none, "{secret}");
        assert_eq!(tables_with(&world.auth, secret).await, none, "{secret}");
    }
    // The search does find data that is there.
    let id = user.id.to_string();
    let tables = tables_with(&world.loyalty, &id).await;
    assert!(tables.contains(&"public.users".to_owned()), "{tables:?}");

    // Everything that the servers and programs have written: logs, queues, the loyalty database, what Redis saves.
    if let Some(folder) = &world.settings.stack_folder {
        let queues = files_with(&folder.join("rabbitmq"), &id);
        assert!(
            !queues.is_empty(),
            "the messages are not where the test looks for them"
        );
        let calls = files_with(&folder.join("logs"), "user_registration");
        assert!(!calls.is_empty() || world.settings.host == Host::Lambda);
        for secret in person.secrets() {
            let files = files_with(folder, secret);
            assert!(files.is_empty(), "{secret}: {files:?}");
        }
    }
    world.finish().await;
}
