//! `cargo local test`: the whole test suite on a stack of its own, then the end-to-end tests once
//! more on the functions as Lambda runs them.

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::apps;
use crate::console::{self, Packages};
use crate::env::{Env, Front};
use crate::error::{Error, Result};
use crate::examples;
use crate::failures::Failures;
use crate::home::{Home, Kind};
use crate::lambda_watch;
use crate::packages;
use crate::plan::{Only, Plan};
use crate::process::launch::Program;
use crate::process::task;
use crate::report;
use crate::seed;
use crate::servers::sqs;
use crate::stack::{self, Stack};
use crate::tools::{self, Tools};

const COMMAND: &str = "cargo local test";

struct Outcome {
    what: String,
    passed: bool,
    /// The tests that failed.
    failed: Vec<String>,
    elapsed: Duration,
}

/// Runs the tests; the exit code says whether all passed.
///
/// # Errors
/// When the stack doesn't start or a part of it dies.
pub async fn run(home: &Home, only: Option<Only>, args: &[String]) -> Result<ExitCode> {
    let plan = Plan::of(only, args);
    if !plan.gateway && !plan.lambda && !plan.console {
        return Err(Error::new(
            "the run on cargo lambda watch has only the package e2e, and that is not among those you named",
        ));
    }
    stack::run(home, Kind::Test, async |stack| {
        let tools = match plan.lambda {
            true => Some(tools::ensure(home).await?),
            false => None,
        };
        let moto_server = match plan.sqs {
            true => Some(tools::moto_server(home).await?),
            false => None,
        };
        let sdk = match plan.yookassa_sdk {
            true => tools::yookassa_sdk_env(home).await,
            false => Env::new(),
        };
        let browser = match plan.console {
            true => Some(packages::ensure_chromium().await?),
            false => None,
        };
        if plan.plpgsql_check {
            packages::ensure_plpgsql_check(&stack.programs).await;
        }
        report::heading("Starting a fresh stack");
        stack.start_servers().await?;
        if let Some(moto_server) = moto_server {
            sqs::start(stack, &moto_server).await?;
        }
        let programs: &[&str] = match plan.lambda {
            true => &apps::ALL_PROGRAMS,
            false => &apps::PROGRAMS,
        };
        apps::build(stack, programs, false).await?;
        let first = if plan.gateway || plan.console {
            Front::Gateway
        } else {
            Front::LambdaWatch
        };
        let console = match plan.console {
            true => Some(console::ensure(home, Packages::All).await?),
            false => None,
        };
        apps::start_helpers(stack, first, false).await?;

        let mut outcomes = Vec::new();
        if first == Front::Gateway {
            apps::start_gateway(stack, false, console.as_deref()).await?;
            stack.publish(COMMAND, Some(Front::Gateway))?;
            // First, since the demo's numbers are given by hand and the tests take the next ones.
            if args.is_empty() {
                outcomes.push(demo(stack).await);
            }
            // While the lists are as short as those of the demo.
            if let Some(browser) = browser {
                outcomes.push(in_browser(stack, &browser).await?);
            }
            if plan.gateway {
                outcomes.push(tests(stack, Front::Gateway, plan.gateway_args.clone(), &sdk).await?);
            }
            stack.supervisor.stop("gateway").await;
        }
        if let Some(tools) = tools {
            if first == Front::Gateway {
                // Its webhooks have to go to the other address now.
                apps::restart_sandbox(stack, Front::LambdaWatch).await?;
            }
            report::heading("The same end-to-end tests on cargo lambda watch");
            lambda_watch::start(stack, &tools).await?;
            stack.publish(COMMAND, Some(Front::LambdaWatch))?;
            if args.is_empty() {
                outcomes.push(examples(stack, &tools).await);
            }
            outcomes.push(tests(stack, Front::LambdaWatch, plan.lambda_args.clone(), &sdk).await?);
        }
        stack.stop().await;
        Ok(summary(stack, &outcomes))
    })
    .await
}

async fn tests(stack: &Stack, front: Front, args: Vec<String>, sdk: &Env) -> Result<Outcome> {
    let what = format!("cargo test {} on {}", args.join(" "), front.host());
    report::heading(&what);
    let started = Instant::now();
    let program = apps::cargo(stack)
        // So that a test doesn't outlive this program, should it be killed.
        .args([
            "--config",
            r#"target."cfg(unix)".runner=["setpriv","--pdeathsig","TERM","--"]"#,
        ])
        .args(["test", "--no-fail-fast"])
        .args(&args)
        .envs(&stack.test_env(front))
        .envs(&sqs::env(stack))
        .envs(sdk);
    let mut failures = Failures::default();
    let status = task::run_reading(&program, |line| failures.read(line)).await?;
    Ok(Outcome {
        what,
        passed: status.success(),
        failed: failures.into_names(),
        elapsed: started.elapsed(),
    })
}

/// The demo of `cargo local up` has to work on what was just tested, twice.
async fn demo(stack: &Stack) -> Outcome {
    report::heading("The demo data");
    let started = Instant::now();
    let env = stack.env(Front::Gateway);
    let mut passed = true;
    for time in ["first", "second"] {
        let step = format!("seed, {time} time");
        if let Err(error) = report::step(step, seed::run(&stack.home, &env)).await {
            report::warning(error);
            passed = false;
        }
    }
    Outcome {
        what: "demo data".into(),
        passed,
        failed: Vec::new(),
        elapsed: started.elapsed(),
    }
}

/// The web console has to work as people use it, in a real browser.
async fn in_browser(stack: &Stack, browser: &Path) -> Result<Outcome> {
    report::heading("The web console in Chromium");
    let started = Instant::now();
    let source = console::source(&stack.home);
    let node = console::install(&stack.home, Packages::All).await?;
    let program = Program::new(node.node, &source)
        .args([
            "node_modules/vitest/vitest.mjs",
            "run",
            "--config",
            "e2e/vitest.config.ts",
        ])
        .envs(&stack.env(Front::Gateway))
        .env("CHROMIUM", browser);
    let status = task::run(&program).await?;
    Ok(Outcome {
        what: "the web console in Chromium".into(),
        passed: status.success(),
        failed: Vec::new(),
        elapsed: started.elapsed(),
    })
}

/// The example events have to work with `cargo lambda invoke`, each with its function.
async fn examples(stack: &Stack, tools: &Tools) -> Outcome {
    report::heading("The example events");
    let started = Instant::now();
    let invoked = examples::invoke_all(stack, &tools.cargo_lambda).await;
    if let Err(error) = &invoked {
        report::warning(error);
    }
    Outcome {
        what: "cargo lambda invoke of each function with its example event".into(),
        passed: invoked.is_ok(),
        failed: Vec::new(),
        elapsed: started.elapsed(),
    }
}

fn summary(stack: &Stack, outcomes: &[Outcome]) -> ExitCode {
    report::heading("Summary");
    for outcome in outcomes {
        report::line(format_args!(
            "  {}  {}  ({})",
            if outcome.passed { "passed" } else { "FAILED" },
            outcome.what,
            report::seconds(outcome.elapsed)
        ));
        for name in &outcome.failed {
            report::line(format_args!("            {name}"));
        }
    }
    if outcomes.iter().all(|outcome| outcome.passed) {
        ExitCode::SUCCESS
    } else {
        report::line(format_args!("  logs: {}", stack.profile.logs().display()));
        ExitCode::FAILURE
    }
}
