//! Calls every function with its example event, as a developer would.

use std::path::Path;

use serde_json::Value;

use crate::env::Front;
use crate::error::{Context, Error, Result};
use crate::events;
use crate::lambda_watch;
use crate::process::launch::Program;
use crate::report;
use crate::seed;
use crate::stack::Stack;

/// Seeds the demo, writes the events, and invokes each function with its own.
///
/// # Errors
/// At the first function that fails, with what it answered.
pub async fn invoke_all(stack: &Stack, cargo_lambda: &Path) -> Result<()> {
    let env = stack.env(Front::LambdaWatch);
    seed::run(&stack.home, &env).await?;
    // Not where a developer has those of the own stack.
    let folder = stack.profile.file("events");
    events::write(&stack.home, &env, &folder).await?;
    for function in lambda_watch::functions(&stack.home)? {
        let event = folder.join(&function.name).with_extension("json");
        let call = invoke(stack, cargo_lambda, &function.name, &event);
        report::step(format!("{:<16}{}", "invoke", function.name), call).await?;
    }
    Ok(())
}

async fn invoke(stack: &Stack, cargo_lambda: &Path, function: &str, event: &Path) -> Result<()> {
    let output = Program::new(cargo_lambda, &stack.home.project)
        .args(["lambda", "invoke", function])
        .args(lambda_watch::invoke_address(&stack.ports))
        .arg("--data-file")
        .arg(event)
        .command()
        .output()
        .await
        .context(function)?;
    let (answer, errors) = (text(&output.stdout), text(&output.stderr));
    let json: Option<Value> = serde_json::from_str(&answer).ok();
    let failed = match &json {
        None => true,
        Some(json) => json["statusCode"]
            .as_u64()
            .is_some_and(|status| status >= 300),
    };
    if failed || !output.status.success() {
        return Err(Error::new(format!("{function}: {answer}{errors}")));
    }
    Ok(())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
