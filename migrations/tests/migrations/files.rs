//! The format of the function files, which is described in migrations/README.md.

use migrations::{AUTH_FUNCTIONS, Function, LOYALTY_FUNCTIONS};

/// The statements of a file, each on one line, without comments and without the bodies, which are quoted with `$$`.
fn statements(sql: &str) -> Vec<String> {
    let without_bodies: String = sql.split("$$").step_by(2).collect();
    let lines: Vec<&str> = without_bodies
        .lines()
        .map(|line| line.split("--").next().unwrap_or_default())
        .collect();
    let statements = lines.join(" ");
    statements
        .split(';')
        .map(|statement| statement.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|statement| !statement.is_empty())
        .collect()
}

#[test]
fn each_file_is_one_function_with_its_triggers() {
    for Function { name, sql } in [AUTH_FUNCTIONS, LOYALTY_FUNCTIONS].concat() {
        assert!(
            sql.starts_with("-- "),
            "{name}.sql does not begin with a comment"
        );
        let statements = statements(sql);
        let (function, triggers) = statements.split_first().unwrap();
        let beginning = format!("CREATE OR REPLACE FUNCTION {name}(");
        assert!(function.starts_with(&beginning), "{name}.sql: {function}");
        let end = format!("EXECUTE FUNCTION {name}(");
        for trigger in triggers {
            let created = ["CREATE OR REPLACE TRIGGER ", "CREATE CONSTRAINT TRIGGER "]
                .iter()
                .any(|beginning| trigger.starts_with(beginning) && trigger.contains(&end));
            let dropped = trigger.starts_with("DROP TRIGGER IF EXISTS ");
            assert!(created || dropped, "{name}.sql: {trigger}");
        }
    }
}
