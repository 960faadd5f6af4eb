//! The tests that failed, from what `cargo test` prints.

/// Collects failed tests line by line.
#[derive(Debug, Default)]
pub struct Failures {
    target: String,
    failed: Vec<String>,
}

impl Failures {
    /// Reads the next line of the output, which has both streams of `cargo test` in their order.
    pub fn read(&mut self, line: &str) {
        let line = line.trim();
        if let Some(target) = line.strip_prefix("Running ") {
            // `tests/http.rs (target/debug/deps/http-0123456789abcdef)`
            let program = target.rsplit(['/', '(']).next().unwrap_or(target);
            let program = program.rsplit_once('-').map_or(program, |(name, _)| name);
            self.target = program.to_owned();
        } else if let Some(package) = line.strip_prefix("Doc-tests ") {
            package.clone_into(&mut self.target);
        } else if let Some(name) = line
            .strip_prefix("test ")
            .and_then(|rest| rest.strip_suffix(" ... FAILED"))
        {
            self.failed.push(format!("{}: {name}", self.target));
        }
    }

    /// The failed tests in their order: `target: name`.
    pub fn into_names(self) -> Vec<String> {
        self.failed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_tests_are_named_with_their_target() {
        let mut failures = Failures::default();
        for line in "\
     Running unittests src/lib.rs (target/debug/deps/domain-0f4c2d77f5a7c1b2)
test money::tests::sums_round_half_up ... ok
test rules::tests::budget_is_kept ... FAILED
test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out
     Running tests/integration/main.rs (target/debug/deps/login-58588edd68e895c7)
test limits::wrong_password_counts ... FAILED
   Doc-tests pg
test shared/pg/src/statement.rs - statements (line 22) ... FAILED"
            .lines()
        {
            failures.read(line);
        }
        assert_eq!(
            failures.into_names(),
            [
                "domain: rules::tests::budget_is_kept",
                "login: limits::wrong_password_counts",
                "pg: shared/pg/src/statement.rs - statements (line 22)",
            ]
        );
    }
}
