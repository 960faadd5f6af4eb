//! `schema.sql` of each database is the result of its migrations and functions. `UPDATE_GENERATED=1 cargo local test
//! --only gateway -p migrations schema` regenerates it.

use std::path::Path;
use std::process::Command;

use crate::common::{Database, connect, notice, texts, variable};

/// The version of the Postgres server and of `pg_dump` whose output is committed. Other versions format it differently.
const VERSION: &str = "15";

/// Monthly partitions, which change every month.
const PARTITIONS_OF_MONTHS: &str = "refusals_????_??";

#[tokio::test]
async fn schema_of_auth_is_committed() {
    is_committed("auth").await;
}

#[tokio::test]
async fn schema_of_loyalty_is_committed() {
    is_committed("loyalty").await;
}

async fn is_committed(kind: &'static str) {
    let database = Database::new(kind).await;
    let server = texts(&connect(&database.superuser).await, "SHOW server_version").await;
    let client = pg_dump(&["--version"]);
    let expected = [
        server[0].starts_with(&format!("{VERSION}.")),
        client.contains(&format!(" (PostgreSQL) {VERSION}.")),
    ];
    if expected != [true; 2] {
        notice(&format!(
            "migrations/{kind}/schema.sql is not compared: Postgres {VERSION} made it, and here are {} and {client}",
            server[0]
        ));
        return database.remove().await;
    }
    let exclude = format!("--exclude-table={PARTITIONS_OF_MONTHS}");
    let options = ["--schema-only", "--no-owner", "--no-privileges", &exclude];
    let schema = tidy(kind, &pg_dump(&[&options[..], &[&database.owner]].concat()));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("{kind}/schema.sql"));
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        std::fs::write(&path, &schema).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == schema,
        "{} is out of date: run `UPDATE_GENERATED=1 cargo local test --only gateway -p migrations \
         schema` and commit it",
        path.display()
    );
    database.remove().await;
}

/// The output of `pg_dump`.
fn pg_dump(arguments: &[&str]) -> String {
    let program = Path::new(&variable("POSTGRES_BIN")).join("pg_dump");
    let output = Command::new(program).args(arguments).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "pg_dump: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// A dump without the settings and comments that `pg_dump` adds, which depend on the version or the run or say nothing.
/// The bodies of functions are kept as they are.
fn tidy(kind: &str, dump: &str) -> String {
    let mut schema = format!(
        "-- The database {kind}: what the migrations and the functions make. Generated, see migrations/README.md.\n"
    );
    let mut quote: Option<&str> = None;
    let mut after_blank = false;
    for line in dump.lines() {
        if let Some(end) = quote {
            quote = (!line.contains(end)).then_some(end);
        } else if let Some((tag, rest)) = body(line) {
            quote = (!rest.contains(tag)).then_some(tag);
        } else {
            let noise = ["--", "SET ", "SELECT pg_catalog.set_config(", "\\"];
            after_blank |= line.is_empty();
            if line.is_empty() || noise.iter().any(|beginning| line.starts_with(beginning)) {
                continue;
            }
            // A comment stays with its object.
            if std::mem::take(&mut after_blank) && !line.starts_with("COMMENT ON ") {
                schema.push('\n');
            }
        }
        schema.push_str(line);
        schema.push('\n');
    }
    schema
}

/// The tag that opens the body of a function on this line, and the rest of the line.
fn body(line: &str) -> Option<(&str, &str)> {
    let quoted = line.strip_prefix("    AS ")?;
    let end = quoted.strip_prefix('$')?.find('$')? + 2;
    Some(quoted.split_at(end))
}

#[test]
fn dump_is_tidied() {
    let dump = "--\n-- PostgreSQL database dump\n--\n\n\\restrict abc\n\nSET statement_timeout = 0;\n\n--\n-- Name: f()\n--\n\n\
        CREATE FUNCTION f() RETURNS void\n    LANGUAGE plpgsql\n    AS $_$\n-- Why.\n\nSET a = $1;\n$_$;\n\n\n\
        SET default_table_access_method = heap;\n\nCREATE TABLE t (\n    id integer\n);\n\n\n--\n-- Name: TABLE t\n--\n\nCOMMENT ON TABLE t IS 'A row is t.';\n\n\n--\n-- End\n--\n\n";
    let expected = "-- The database auth: what the migrations and the functions make. Generated, see migrations/README.md.\n\n\
        CREATE FUNCTION f() RETURNS void\n    LANGUAGE plpgsql\n    AS $_$\n-- Why.\n\nSET a = $1;\n$_$;\n\n\
        CREATE TABLE t (\n    id integer\n);\nCOMMENT ON TABLE t IS 'A row is t.';\n";
    assert_eq!(tidy("auth", dump), expected);
}
