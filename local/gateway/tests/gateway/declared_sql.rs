//! The SQL of the service is declared with `pg::statements!`, so that a test of each store can prepare all of it
//! against the schema: none is assembled at run time.

use std::fs;
use std::path::Path;

use crate::files::root;

/// The folders with the code of the service. `shared/pg`, which sends the statements, and the test support are exempt.
const CODE: [&str; 4] = ["functions", "shared", "local/gateway", "local/worker"];
const EXEMPT: [&str; 2] = ["shared/pg", "shared/testkit"];

/// What sends SQL that is not declared.
const SENDERS: [&str; 5] = [
    "AdHoc",
    "query_typed",
    "execute_typed",
    "batch_execute",
    "simple_query",
];

/// Words that do not occur in texts for people.
const SQL: [&str; 5] = [
    "SELECT ",
    "INSERT INTO ",
    "UPDATE ",
    "DELETE FROM ",
    " WHERE ",
];

/// Collects the Rust files below a folder, except for tests.
fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
    let name = folder.strip_prefix(root()).unwrap().to_str().unwrap();
    if EXEMPT.contains(&name) || name.ends_with("/tests") || name.ends_with("/node_modules") {
        return;
    }
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root()).unwrap().display().to_string();
            found.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
}

/// The format string of each `format!` in a source text.
fn formats(text: &str) -> impl Iterator<Item = &str> {
    text.split("format!(").skip(1).filter_map(|rest| {
        let (_, rest) = rest.split_once('"')?;
        let quotes = rest.match_indices('"');
        let mut ends = quotes.filter(|(at, _)| !rest[..*at].ends_with('\\'));
        ends.next().map(|(end, _)| &rest[..end])
    })
}

#[test]
fn no_sql_is_assembled_at_run_time() {
    let mut files = vec![];
    for folder in CODE {
        sources(&root().join(folder), &mut files);
    }
    assert!(files.len() > 100, "found only {} files", files.len());
    let mut wrong = vec![];
    for (name, text) in &files {
        let senders = SENDERS.iter().filter(|sender| text.contains(**sender));
        wrong.extend(senders.map(|sender| format!("{name} uses {sender}")));
        let formatted = formats(text).filter(|text| SQL.iter().any(|word| text.contains(word)));
        wrong.extend(formatted.map(|sql| format!("{name} formats SQL: {sql}")));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn formatted_sql_is_found() {
    let text = r#"let sql = format!("SELECT \"a\" FROM {table}"); let other = format!("{a} b")"#;
    let found: Vec<_> = formats(text).collect();
    assert_eq!(found, [r#"SELECT \"a\" FROM {table}"#, "{a} b"]);
}

/// Each store lists the statements of all of its modules, so that none is left out of the test that prepares them.
#[test]
fn stores_list_all_their_statements() {
    let mut files = vec![];
    sources(&root().join("shared"), &mut files);
    let mut lists = 0;
    for (name, text) in &files {
        if !text.contains("pg::statements! {") {
            continue;
        }
        let (folder, module) = name.trim_end_matches(".rs").rsplit_once('/').unwrap();
        let library = fs::read_to_string(root().join(folder).join("lib.rs")).unwrap();
        let listed = library.contains(&format!("{module}::STATEMENTS"));
        assert!(
            listed,
            "{folder}/lib.rs does not list the statements of {module}"
        );
        lists += 1;
    }
    assert!(lists > 5, "found only {lists} lists");
}
