//! How the functions of a database are kept in line with their files.

use migrations::{Function, MigrationError, Report, deploy_functions};
use tokio_postgres::Client;

use crate::common::{connect, schema, texts};

/// A schema without functions, and a connection to it.
async fn empty() -> (String, Client) {
    let url = schema("AUTH_MIGRATION_URL").await;
    let client = connect(&url).await;
    (url, client)
}

fn function<'a>(name: &'a str, sql: &'a str) -> Function<'a> {
    Function { name, sql }
}

async fn deploy(url: &str, functions: &[(&str, &str)]) -> Report {
    try_deploy(url, functions).await.unwrap()
}

async fn try_deploy(url: &str, functions: &[(&str, &str)]) -> Result<Report, MigrationError> {
    let functions: Vec<_> = functions.iter().map(|(n, sql)| function(n, sql)).collect();
    deploy_functions(url, &functions).await
}

fn created(names: &[&str]) -> Report {
    Report {
        functions: names.iter().map(|name| (*name).to_owned()).collect(),
        ..Report::default()
    }
}

fn dropped(names: &[&str]) -> Report {
    Report {
        dropped: names.iter().map(|name| (*name).to_owned()).collect(),
        ..Report::default()
    }
}

/// The functions of the schema with their result types, their OIDs and the row versions of their catalogue entries.
async fn catalogue(client: &Client) -> Vec<String> {
    let sql = "SELECT oid::regprocedure || ' ' || prorettype::regtype || ' ' || oid || ' ' || xmin FROM pg_proc
        WHERE pronamespace = current_schema()::regnamespace ORDER BY 1";
    texts(client, sql).await
}

/// The functions of the schema with the types of their arguments.
async fn signatures(client: &Client) -> Vec<String> {
    let sql = "SELECT oid::regprocedure::text FROM pg_proc
        WHERE pronamespace = current_schema()::regnamespace ORDER BY 1";
    texts(client, sql).await
}

async fn triggers(client: &Client) -> Vec<String> {
    let sql = "SELECT tgname || ' calls ' || tgfoid::regproc FROM pg_trigger
        WHERE NOT tgisinternal AND tgrelid = 'things'::regclass ORDER BY 1";
    texts(client, sql).await
}

const ONE: &str = "CREATE OR REPLACE FUNCTION number() RETURNS integer LANGUAGE sql AS 'SELECT 1'";
const TWO: &str = "CREATE OR REPLACE FUNCTION number() RETURNS integer LANGUAGE sql AS 'SELECT 2'";

#[tokio::test]
async fn changed_body_is_replaced() {
    let (url, client) = empty().await;
    assert_eq!(deploy(&url, &[("number", ONE)]).await, created(&["number"]));
    assert_eq!(texts(&client, "SELECT number()").await, ["1"]);
    assert_eq!(deploy(&url, &[("number", TWO)]).await, created(&["number"]));
    assert_eq!(texts(&client, "SELECT number()").await, ["2"]);
}

#[tokio::test]
async fn unchanged_function_is_not_touched() {
    let (url, client) = empty().await;
    let other = "CREATE OR REPLACE FUNCTION other() RETURNS integer LANGUAGE sql AS 'SELECT 3'";
    deploy(&url, &[("number", ONE), ("other", other)]).await;
    let before = catalogue(&client).await;
    let report = deploy(&url, &[("number", ONE), ("other", other)]).await;
    assert!(report.is_empty(), "{report:?}");
    assert_eq!(catalogue(&client).await, before);

    deploy(&url, &[("number", TWO), ("other", other)]).await;
    let after = catalogue(&client).await;
    assert_ne!(after[0], before[0]);
    assert_eq!(after[1], before[1]);
}

#[tokio::test]
async fn function_of_an_earlier_signature_is_dropped() {
    let (url, client) = empty().await;
    let texts_of_it = [
        "CREATE OR REPLACE FUNCTION f(p_a integer) RETURNS integer LANGUAGE sql AS 'SELECT p_a'",
        // Another argument, another argument name, another result type, no result.
        "CREATE OR REPLACE FUNCTION f(p_a integer, p_b text) RETURNS integer LANGUAGE sql AS 'SELECT p_a'",
        "CREATE OR REPLACE FUNCTION f(p_c integer, p_b text) RETURNS integer LANGUAGE sql AS 'SELECT p_c'",
        "CREATE OR REPLACE FUNCTION f(p_c integer, p_b text) RETURNS text LANGUAGE sql AS 'SELECT p_b'",
        "CREATE OR REPLACE FUNCTION f(p_c integer) RETURNS void LANGUAGE plpgsql AS 'BEGIN END'",
    ];
    for sql in texts_of_it {
        assert_eq!(deploy(&url, &[("f", sql)]).await, created(&["f"]));
        assert_eq!(signatures(&client).await.len(), 1, "{sql}");
    }
    assert_eq!(signatures(&client).await, ["f(integer)"]);
}

const STAMP: &str = "CREATE OR REPLACE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE OR REPLACE TRIGGER before_insert BEFORE INSERT ON things FOR EACH ROW EXECUTE FUNCTION stamp();
    CREATE OR REPLACE TRIGGER before_update BEFORE UPDATE ON things FOR EACH ROW EXECUTE FUNCTION stamp()";

#[tokio::test]
async fn triggers_follow_the_file_of_their_function() {
    let (url, client) = empty().await;
    let run = async |sql: &str| client.batch_execute(sql).await.unwrap();
    run("CREATE TABLE things (id integer)").await;
    deploy(&url, &[("stamp", STAMP)]).await;
    let both = ["before_insert calls stamp", "before_update calls stamp"];
    assert_eq!(triggers(&client).await, both);

    let last = STAMP.rfind("CREATE").unwrap();
    let constraint = "DROP TRIGGER IF EXISTS at_commit ON things;
        CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON things DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION stamp()";
    let other = STAMP[..last].to_owned() + constraint;
    for sql in [other.clone(), other + "; -- The same once more."] {
        deploy(&url, &[("stamp", &sql)]).await;
        let both = ["at_commit calls stamp", "before_insert calls stamp"];
        assert_eq!(triggers(&client).await, both);
    }
    // The function is renamed, and its trigger keeps its name.
    let renamed = STAMP[..last].replace("stamp()", "mark()");
    let report = deploy(&url, &[("mark", &renamed)]).await;
    assert_eq!(
        (report.functions, report.dropped),
        (vec!["mark".to_owned()], vec!["stamp".to_owned()])
    );
    assert_eq!(triggers(&client).await, ["before_insert calls mark"]);
    // No longer a trigger function.
    let plain = "CREATE OR REPLACE FUNCTION mark() RETURNS void LANGUAGE plpgsql AS 'BEGIN END'";
    deploy(&url, &[("mark", plain)]).await;
    assert!(triggers(&client).await.is_empty());
}

#[tokio::test]
async fn function_without_a_file_is_dropped_with_its_triggers() {
    let (url, client) = empty().await;
    let run = async |sql: &str| client.batch_execute(sql).await.unwrap();
    run("CREATE TABLE things (id integer); CREATE FUNCTION of_somebody() RETURNS void LANGUAGE sql AS ''").await;
    deploy(&url, &[("number", ONE), ("stamp", STAMP)]).await;
    assert_eq!(deploy(&url, &[("number", ONE)]).await, dropped(&["stamp"]));
    assert_eq!(signatures(&client).await, ["number()", "of_somebody()"]);
    assert!(triggers(&client).await.is_empty());

    run("CREATE VIEW numbers AS SELECT number()").await;
    let error = try_deploy(&url, &[]).await.unwrap_err();
    assert!(matches!(error, MigrationError::Function(name, _) if name == "number"));
    run("SELECT * FROM numbers").await;
    run("DROP VIEW numbers").await;
    assert_eq!(deploy(&url, &[]).await, dropped(&["number"]));
}

#[tokio::test]
async fn functions_may_call_each_other_in_any_order() {
    let (url, client) = empty().await;
    let first =
        "CREATE OR REPLACE FUNCTION first() RETURNS integer LANGUAGE sql AS 'SELECT number() + 1'";
    deploy(&url, &[("first", first), ("number", ONE)]).await;
    assert_eq!(texts(&client, "SELECT first()").await, ["2"]);
}

#[tokio::test]
async fn faulty_function_leaves_all_as_they_were() {
    let (url, client) = empty().await;
    deploy(&url, &[("number", ONE)]).await;
    let before = catalogue(&client).await;
    let faulty = [
        "CREATE OR REPLACE FUNCTION wrong() RETURNS integer LANGUAGE sql AS 'SELECT missing()'",
        "CREATE OR REPLACE FUNCTION wrong() RETURNS integer LANGUAGE plpgsql AS 'BEGIN RETURN; END'",
        "CREATE OR REPLACE FUNCTION wrong() RETURNS integer LANGUAGE sql",
        "CREATE OR REPLACE FUNKTION wrong() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    ];
    for sql in faulty {
        let error = try_deploy(&url, &[("number", TWO), ("wrong", sql)]).await;
        assert!(
            matches!(&error, Err(MigrationError::Function(name, _)) if name == "wrong"),
            "{sql}: {error:?}"
        );
        assert_eq!(catalogue(&client).await, before);
    }
}

#[tokio::test]
async fn file_name_must_match_its_function() {
    let (url, client) = empty().await;
    let twice = ONE.to_owned() + ";" + &ONE.replace("number()", "number(integer)");
    for (name, sql) in [("digit", ONE), ("number", twice.as_str()), ("number", "")] {
        let error = try_deploy(&url, &[(name, sql)]).await.unwrap_err();
        assert!(matches!(error, MigrationError::Misnamed(_)), "{error}");
    }
    assert!(signatures(&client).await.is_empty());
}

#[tokio::test]
async fn one_of_two_concurrent_runners_migrates() {
    let (url, _) = empty().await;
    for sql in [ONE, TWO] {
        let functions = [("number", sql)];
        let runners = [deploy(&url, &functions), deploy(&url, &functions)];
        let [a, b] = runners;
        let (a, b) = tokio::join!(a, b);
        assert!(a.is_empty() != b.is_empty(), "{a:?} {b:?}");
    }
}

#[tokio::test]
async fn second_run_finds_the_database_up_to_date() {
    let (auth, loyalty) = (
        schema("AUTH_MIGRATION_URL").await,
        schema("LOYALTY_MIGRATION_URL").await,
    );
    let (first, twin) = tokio::join!(migrations::auth(&auth), migrations::auth(&auth));
    assert!(first.unwrap().is_empty() != twin.unwrap().is_empty());
    assert!(migrations::auth(&auth).await.unwrap().is_empty());
    assert!(!migrations::loyalty(&loyalty).await.unwrap().is_empty());
    assert!(migrations::loyalty(&loyalty).await.unwrap().is_empty());
}
