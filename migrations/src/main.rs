//! `migrate auth|loyalty|all`: brings the schema and the functions up to date in the database of AUTH_MIGRATION_URL or
//! LOYALTY_MIGRATION_URL (direct connections, not the pooler).
//!
//! `migrate make-admin EMAIL [--force]`: makes a registered account the first administrator.

use std::error::Error;
use std::process::ExitCode;

use migrations::{Made, Report};

const USAGE: &str = "usage: migrate auth|loyalty|all, or migrate make-admin EMAIL [--force]";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments[..] {
        ["auth"] => auth().await,
        ["loyalty"] => loyalty().await,
        ["all"] => match auth().await {
            Ok(()) => loyalty().await,
            failed => failed,
        },
        ["make-admin", email] => make_admin(email, false).await,
        ["make-admin", email, "--force"] | ["make-admin", "--force", email] => {
            make_admin(email, true).await
        }
        ["--help" | "-h"] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => Err(USAGE.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("migrate: {}", with_causes(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

async fn auth() -> Result<(), Box<dyn Error>> {
    report(
        "auth",
        &migrations::auth(&url("AUTH_MIGRATION_URL")?).await?,
    );
    Ok(())
}

async fn loyalty() -> Result<(), Box<dyn Error>> {
    report(
        "loyalty",
        &migrations::loyalty(&url("LOYALTY_MIGRATION_URL")?).await?,
    );
    Ok(())
}

async fn make_admin(email: &str, force: bool) -> Result<(), Box<dyn Error>> {
    match migrations::make_admin(&url("AUTH_MIGRATION_URL")?, email, force).await? {
        Made::Admin => println!("the account is an administrator: log in again to act as one"),
        Made::AlreadyAdmin => println!("the account was an administrator already"),
    }
    Ok(())
}

fn url(name: &str) -> Result<String, Box<dyn Error>> {
    std::env::var(name).map_err(|_| {
        format!("{name} is not set: postgres://USER:PASSWORD@HOST:PORT/DATABASE, direct and not through the pooler").into()
    })
}

fn report(database: &str, report: &Report) {
    if report.is_empty() {
        println!("{database}: up to date");
    }
    for name in &report.migrations {
        println!("{database}: applied {name}");
    }
    for name in &report.functions {
        println!("{database}: created or replaced the function {name}");
    }
    for name in &report.dropped {
        println!("{database}: dropped the function {name}");
    }
}

fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let part = error.to_string();
        if !text.contains(&part) {
            text = format!("{text}: {part}");
        }
        cause = error.source();
    }
    text
}
