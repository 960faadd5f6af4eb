//! What is generated from the code is committed, and is what the code says. `UPDATE_GENERATED=1 cargo test -p gateway
//! --test generated` writes it anew.

#![allow(clippy::unwrap_used, reason = "a test that can't read or write fails")]

use std::path::Path;

#[track_caller]
fn is_committed(path: &str, generated: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path);
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        std::fs::write(&path, generated).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == generated,
        "{} is not what the code says: run `UPDATE_GENERATED=1 cargo test -p gateway --test generated` and commit it",
        path.display()
    );
}

#[test]
fn error_catalogue() {
    is_committed("docs/errors.md", &service_http::catalogue_markdown());
}

#[test]
fn openapi() {
    is_committed(
        "docs/openapi.json",
        &gateway::to_json(&gateway::openapi().0),
    );
}

/// Merging keeps one of two schemas with the same name and says nothing.
#[test]
fn a_schema_name_means_one_thing() {
    let mut seen = std::collections::HashMap::new();
    for (function, part) in gateway::openapi().1 {
        for (name, schema) in part
            .components
            .into_iter()
            .flat_map(|components| components.schemas)
        {
            let schema = serde_json::to_value(schema).unwrap();
            let (other, before) = seen
                .entry(name.clone())
                .or_insert((function, schema.clone()));
            assert!(
                *before == schema,
                "{name} in {other} and in {function} differ: rename one"
            );
        }
    }
}
