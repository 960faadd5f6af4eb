//! docs/security.md names the tests that prove each item: all of them exist, under these names.

use std::fs;
use std::path::{Path, PathBuf};

use crate::files::root;

/// Collects the Rust files under a folder.
fn sources(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.ends_with("node_modules") {
            continue;
        }
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
}

/// The code spans in the table: `folder/file.rs: name`, `folder/file.rs`, or `name` in the same file.
fn named() -> Vec<(String, Option<String>)> {
    let page = fs::read_to_string(root().join("docs/security.md")).unwrap();
    let shown = page.split("## Open").next().unwrap();
    let mut file = String::new();
    let mut named = vec![];
    for line in shown.lines().filter(|line| line.starts_with('|')) {
        let cell = line.trim_end_matches([' ', '|']).rsplit(" | ").next();
        for span in cell.unwrap_or_default().split('`').skip(1).step_by(2) {
            let (path, name) = match span.split_once(": ") {
                Some((path, name)) => (Some(path), Some(name.to_owned())),
                None if span.ends_with(".rs") => (Some(span), None),
                None if span.contains(' ') => continue,
                None => (None, Some(span.to_owned())),
            };
            if let Some(path) = path {
                file = path.rsplit('/').next().unwrap().to_owned();
            }
            named.push((file.clone(), name));
        }
    }
    named
}

#[test]
fn security_table_names_existing_tests() {
    let mut files = vec![];
    for folder in ["functions", "shared", "local"] {
        sources(&root().join(folder), &mut files);
    }
    let named = named();
    assert!(named.len() > 50, "the table was not parsed: {named:?}");
    for (file, name) in named {
        let exists = files.iter().any(|(path, text)| {
            path.ends_with(&file)
                && name
                    .iter()
                    .all(|name| text.contains(&format!("fn {name}(")))
        });
        assert!(exists, "docs/security.md: there is no {name:?} in {file}");
    }
}
