//! Conventions of both databases: plpgsql_check finds nothing in the functions, and everything is named and commented
//! as migrations/README.md says.

use tokio_postgres::Client;

use crate::common::{Database, connect, notice, texts};

/// What plpgsql_check finds in the functions of the schema: errors and warnings of every kind. A trigger function is
/// checked with each table that uses it, and must have at least one.
const FINDINGS: &str = "
    SELECT f.proname || coalesce(' on ' || t.tgrelid::regclass, '') || ': ' || finding
    FROM pg_proc f
    JOIN pg_language l ON l.oid = f.prolang
    LEFT JOIN (SELECT DISTINCT tgfoid, tgrelid FROM pg_trigger WHERE NOT tgisinternal) AS t ON t.tgfoid = f.oid
    CROSS JOIN LATERAL plpgsql_check_function(
        funcoid => f.oid, relid => coalesce(t.tgrelid, 0), fatal_errors => false, all_warnings => true
    ) WITH ORDINALITY AS found (finding, line)
    WHERE l.lanname = 'plpgsql' AND f.pronamespace = current_schema()::regnamespace
    ORDER BY f.proname, f.oid, t.tgrelid, line";

/// The functions from files that have arguments without the prefix p_.
const ARGUMENTS: &str = "
    SELECT f.oid::regprocedure::text
    FROM pg_proc f
    WHERE f.pronamespace = current_schema()::regnamespace AND f.proname IN (SELECT name FROM schema_functions)
        AND (SELECT count(*) FROM unnest(f.proargnames[:f.pronargs]) AS n (name) WHERE name LIKE 'p\\_%') <> f.pronargs
    ORDER BY 1";

/// Tables whose comment does not say what a row is. Partitions are left out: their table has the comment.
const TABLES: &str = "
    SELECT c.relname FROM pg_class c
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        AND c.relname <> 'refinery_schema_history'
        AND coalesce(obj_description(c.oid, 'pg_class'), '') NOT LIKE 'A row is %'
    ORDER BY 1";

#[tokio::test]
async fn auth_schema_keeps_conventions() {
    holds("auth").await;
}

#[tokio::test]
async fn loyalty_schema_keeps_conventions() {
    holds("loyalty").await;
}

async fn holds(kind: &'static str) {
    let database = Database::new(kind).await;
    let client = connect(&database.superuser).await;
    let mut wrong = findings(&client).await;
    let arguments = texts(&client, ARGUMENTS).await;
    wrong.extend(
        arguments
            .iter()
            .map(|f| format!("{f}: arguments are named p_…")),
    );
    let tables = texts(&client, TABLES).await;
    wrong.extend(
        tables
            .iter()
            .map(|table| format!("{table}: its comment does not say what a row is")),
    );
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    database.remove().await;
}

/// Also empty where plpgsql_check is not installed, except in CI.
async fn findings(client: &Client) -> Vec<String> {
    let available = "SELECT name FROM pg_available_extensions WHERE name = 'plpgsql_check'";
    if texts(client, available).await.is_empty() && std::env::var_os("CI").is_none() {
        notice(
            "plpgsql_check does not look at the functions: install postgresql-VERSION-plpgsql-check",
        );
        return vec![];
    }
    let create = "CREATE SCHEMA checks; CREATE EXTENSION plpgsql_check SCHEMA checks; SET search_path = public, checks";
    client.batch_execute(create).await.unwrap();
    texts(client, FINDINGS).await
}

/// Shows that the checks find faults.
#[tokio::test]
async fn convention_check_finds_faults() {
    let database = Database::new("auth").await;
    let client = connect(&database.owner).await;
    let faults = "
        CREATE TABLE things (id integer);
        CREATE FUNCTION a_number(x text) RETURNS integer LANGUAGE plpgsql AS
            'DECLARE unused integer; BEGIN RETURN (SELECT missing FROM things); END';
        CREATE FUNCTION a_trigger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.missing := 1; RETURN NEW; END';
        CREATE TRIGGER a_trigger BEFORE INSERT ON things FOR EACH ROW EXECUTE FUNCTION a_trigger();
        INSERT INTO schema_functions (name, checksum) VALUES ('a_number', '')";
    client.batch_execute(faults).await.unwrap();
    assert_eq!(texts(&client, ARGUMENTS).await, ["a_number(text)"]);
    assert_eq!(texts(&client, TABLES).await, ["things"]);
    let found = findings(&connect(&database.superuser).await).await;
    let expected = [
        "a_number: error:",
        "a_number: warning",
        "a_number: performance:",
        "a_trigger on things: error:",
    ];
    for expected in expected {
        assert!(
            found.is_empty() || found.iter().any(|finding| finding.starts_with(expected)),
            "{expected} is not among {found:#?}"
        );
    }
    database.remove().await;
}
