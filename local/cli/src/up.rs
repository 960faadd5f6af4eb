//! `cargo local up` and `cargo local watch`.

use std::process::ExitCode;
use std::time::Instant;

use crate::accounts::{self, ANNA};
use crate::apps;
use crate::console::{self, Packages};
use crate::env::Front;
use crate::error::Result;
use crate::events;
use crate::home::{Home, Kind};
use crate::lambda_watch;
use crate::ports::Ports;
use crate::report;
use crate::seed;
use crate::servers::sqs;
use crate::stack::{self, Stack};
use crate::tools;

/// `cargo local up`: the full stack behind the gateway, until it is stopped.
///
/// # Errors
/// When something doesn't start or dies.
pub async fn gateway(home: &Home, release: bool) -> Result<ExitCode> {
    stack::run(home, Kind::Dev, async |stack| {
        let started = Instant::now();
        report::heading("Starting");
        say_displaced(&stack.ports, &["gateway", "payment_sandbox", "worker"]);
        let (servers, console) = tokio::join!(
            stack.start_servers(),
            console::ensure(home, Packages::ToBuild)
        );
        servers?;
        // Everything else works without it.
        let console = console
            .inspect_err(|error| report::warning(format_args!("no web console: {error}")))
            .ok();
        apps::build(stack, &apps::PROGRAMS, release).await?;
        apps::start_helpers(stack, Front::Gateway, release).await?;
        apps::start_gateway(stack, release, console.as_deref()).await?;
        prepare_demo(stack, Front::Gateway).await?;
        stack.publish("cargo local up", Some(Front::Gateway))?;
        ready(stack, Front::Gateway, console.is_some(), started);
        report::line("\nCtrl-C stops everything.");
        std::future::pending().await
    })
    .await
}

/// `cargo local up --servers-only`
///
/// # Errors
/// When a server doesn't start or dies.
pub async fn servers(home: &Home) -> Result<ExitCode> {
    stack::run(home, Kind::Dev, async |stack| {
        let started = Instant::now();
        report::heading("Starting");
        stack.start_servers().await?;
        // For the programs that the developer starts.
        stack.supervisor.release_ports();
        stack.publish("cargo local up --servers-only", None)?;
        report::heading(format_args!(
            "The servers are ready after {}",
            report::seconds(started.elapsed())
        ));
        report::line("  environment   eval \"$(cargo local env)\"");
        report::line(format_args!(
            "  logs          {}",
            stack.profile.logs().display()
        ));
        report::line("\nCtrl-C stops everything.");
        std::future::pending().await
    })
    .await
}

/// `cargo local watch`: the full stack behind `cargo lambda watch`, until it is stopped.
///
/// # Errors
/// When something doesn't start or dies.
pub async fn lambda(home: &Home) -> Result<ExitCode> {
    stack::run(home, Kind::Dev, async |stack| {
        let started = Instant::now();
        let tools = tools::ensure(home).await?;
        report::heading("Starting");
        say_displaced(&stack.ports, &["lambda_watch", "payment_sandbox", "worker"]);
        stack.start_servers().await?;
        apps::build(stack, &apps::ALL_PROGRAMS, false).await?;
        apps::start_helpers(stack, Front::LambdaWatch, false).await?;
        sqs::start(stack, &tools.moto_server).await?;
        lambda_watch::start(stack, &tools).await?;
        prepare_demo(stack, Front::LambdaWatch).await?;
        stack.publish("cargo local watch", Some(Front::LambdaWatch))?;
        ready(stack, Front::LambdaWatch, false, started);
        report::line("\n  one function with its example event, from another terminal:");
        report::line("    cargo local invoke apply_promocode");
        report::line(
            "\nA change of the source is built at the next request. Ctrl-C stops everything.",
        );
        std::future::pending().await
    })
    .await
}

/// Whoever follows the documentation would otherwise talk to another program.
fn say_displaced(ports: &Ports, names: &[&str]) {
    for (name, usual, chosen) in ports.displaced() {
        if names.contains(&name) {
            report::warning(format_args!(
                "port {usual} is in use by another program: {name} is on {chosen} this time"
            ));
        }
    }
}

async fn prepare_demo(stack: &Stack, front: Front) -> Result<()> {
    let env = stack.env(front);
    report::step(
        "demo accounts, tariffs and promo codes",
        seed::run(&stack.home, &env),
    )
    .await?;
    report::step(
        "example events in local/events",
        events::write(&stack.home, &env, &events::folder(&stack.home)),
    )
    .await?;
    Ok(())
}

fn ready(stack: &Stack, front: Front, console: bool, started: Instant) {
    let base = crate::env::base_url(&stack.ports, front);
    report::heading(format_args!(
        "Ready after {}: {base}",
        report::seconds(started.elapsed())
    ));
    report::line("\n  sign-ins");
    for account in accounts::DEMO {
        report::line(format_args!("    {account}"));
    }
    report::line("\n  a first call: sign in, then apply a promo code");
    for line in first_call(&base) {
        report::line(format_args!("    {line}"));
    }
    report::line("");
    if console {
        report::line(format_args!(
            "  web console     {base}/console/ (sign in as support, marketer or admin)"
        ));
    }
    if front == Front::Gateway {
        report::line(format_args!("  all endpoints   {base}/docs/"));
    }
    report::line(format_args!(
        "  payments        {}/ (a sandbox: no money moves)",
        stack.env(front)["SANDBOX_PUBLIC_URL"]
    ));
    report::line(format_args!(
        "  logs            {}",
        stack.profile.logs().display()
    ));
    report::line("  environment     eval \"$(cargo local env)\"");
    report::line(
        "  example events  local/events/NAME.json, tokens live 10 minutes: `cargo local events` renews them",
    );
}

/// Lines that work when pasted into a shell.
fn first_call(base: &str) -> [String; 2] {
    [
        format!(
            r#"TOKEN=$(curl -sS {base}/login -H 'content-type: application/json' -d '{{"email":"{}","password":"{}"}}' | sed 's/.*"access_token":"\([^"]*\)".*/\1/')"#,
            ANNA.email, ANNA.password
        ),
        format!(
            r#"curl -sS -X POST "{base}/apply_promocode?promocode_id=5&tariff=1" -H "authorization: Bearer $TOKEN""#
        ),
    ]
}
