//! Which tests are run, on what, with which arguments.

/// Which of the two runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Only {
    /// All tests, requests going to the gateway.
    Gateway,
    /// The end-to-end tests, requests going to `cargo lambda watch`.
    Lambda,
    /// The tests of the web console in a browser, requests going to the gateway.
    Console,
}

/// The package `e2e`, which has nothing but these tests. Named as a package it would have the dependencies built again,
/// with fewer features.
const E2E: [&str; 3] = ["--workspace", "--test", "e2e"];

/// What has tests. The functions' own programs have none, and each would be linked once more to find that out; the examples
/// in comments are compiled by `.ci/run`.
const TESTED: [&str; 3] = ["--lib", "--test", "*"];

/// What is run with which arguments.
#[derive(Debug, PartialEq, Eq)]
pub struct Plan {
    /// The run of all tests on the gateway.
    pub gateway: bool,
    /// What it passes to `cargo test`.
    pub gateway_args: Vec<String>,
    /// The tests of the web console in a browser.
    pub console: bool,
    /// The run of the end-to-end tests on `cargo lambda watch`.
    pub lambda: bool,
    /// What that one passes.
    pub lambda_args: Vec<String>,
    /// Whether the functions of the databases are checked.
    pub plpgsql_check: bool,
    /// Whether something that runs uses SQS: a few functions, and the tests of the worker, which go over both brokers.
    pub sqs: bool,
    /// Whether the payment provider's own SDK is tried on the payment sandbox.
    pub yookassa_sdk: bool,
}

impl Plan {
    /// Arguments that name packages replace `--workspace`; the run on Lambda has only the tests of `e2e`.
    pub fn of(only: Option<Only>, args: &[String]) -> Self {
        let own = args
            .iter()
            .position(|arg| arg == "--")
            .unwrap_or(args.len());
        let (for_cargo, for_tests) = args.split_at(own);
        let mut packages = Vec::new();
        let mut rest = Vec::new();
        let mut for_cargo = for_cargo.iter();
        while let Some(arg) = for_cargo.next() {
            if arg == "-p" || arg == "--package" {
                packages.extend(for_cargo.next().cloned());
            } else if let Some(name) = arg.strip_prefix("--package=") {
                packages.push(name.to_owned());
            } else if arg != "--workspace" {
                rest.push(arg.clone());
            }
        }
        let names_targets = rest.iter().any(|arg| arg.starts_with("--"));
        rest.extend(for_tests.iter().cloned());
        let with = |scope: &[&str]| {
            let scope = scope.iter().map(|arg| (*arg).to_owned());
            scope.chain(rest.iter().cloned()).collect::<Vec<_>>()
        };
        let scope: Vec<&str> = if packages.is_empty() {
            let tested = TESTED.iter().filter(|_| !names_targets);
            ["--workspace"].iter().chain(tested).copied().collect()
        } else if packages == ["e2e"] {
            E2E.into()
        } else {
            packages
                .iter()
                .flat_map(|name| ["-p", name.as_str()])
                .collect()
        };
        let runs =
            |package: &str| packages.is_empty() || packages.iter().any(|name| name == package);
        let gateway = only.is_none_or(|only| only == Only::Gateway);
        let lambda = only.is_none_or(|only| only == Only::Lambda) && runs("e2e");
        Self {
            gateway,
            console: only == Some(Only::Console) || only.is_none() && args.is_empty(),
            gateway_args: with(&scope),
            lambda,
            plpgsql_check: gateway && runs("migrations"),
            sqs: lambda || gateway && runs("worker"),
            yookassa_sdk: gateway && runs("payment_sandbox"),
            lambda_args: with(&E2E),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(only: Option<Only>, args: &str) -> Plan {
        let args: Vec<String> = args.split_whitespace().map(String::from).collect();
        Plan::of(only, &args)
    }

    #[test]
    fn plan_runs_everything_by_default() {
        let plan = plan(None, "");
        assert!(plan.gateway && plan.lambda && plan.console);
        assert!(plan.plpgsql_check && plan.sqs && plan.yookassa_sdk);
        assert_eq!(plan.gateway_args, ["--workspace", "--lib", "--test", "*"]);
        assert_eq!(plan.lambda_args, E2E);
    }

    #[test]
    fn filter_applies_to_both_runs() {
        let plan = plan(None, "login -- --nocapture");
        assert_eq!(
            plan.gateway_args,
            [
                "--workspace",
                "--lib",
                "--test",
                "*",
                "login",
                "--",
                "--nocapture"
            ]
        );
        let named = self::plan(None, "--test e2e -- login");
        assert_eq!(
            named.gateway_args,
            ["--workspace", "--test", "e2e", "--", "login"]
        );
        assert_eq!(
            plan.lambda_args,
            [&E2E[..], &["login", "--", "--nocapture"]].concat()
        );
    }

    #[test]
    fn console_is_tested_alone_or_with_everything() {
        let alone = plan(Some(Only::Console), "");
        assert!(alone.console && !alone.gateway && !alone.lambda);
        assert!(!plan(Some(Only::Gateway), "").console);
        assert!(!plan(None, "login").console);
    }

    #[test]
    fn named_package_skips_the_lambda_run() {
        let named = plan(None, "-p auth_store");
        assert_eq!(named.gateway_args, ["-p", "auth_store"]);
        assert!(named.gateway && !named.lambda);
        assert!(!named.plpgsql_check && !named.sqs && !named.yookassa_sdk);
        assert!(plan(None, "-p migrations").plpgsql_check);
        assert!(plan(None, "-p worker").sqs);
        assert!(plan(None, "-p payment_sandbox").yookassa_sdk);
        assert!(!plan(Some(Only::Lambda), "").yookassa_sdk);
        assert!(plan(None, "--package=e2e").lambda);
        assert_eq!(plan(None, "-p e2e").gateway_args, E2E);
        let nothing = plan(Some(Only::Lambda), "-p auth_store");
        assert!(!nothing.gateway && !nothing.lambda);
    }
}
