//! Example events for `cargo lambda invoke`: templates with the tokens of a demo user put in.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use reqwest::Client;

use crate::accounts::{self, ANNA, LEAVER};
use crate::env::Env;
use crate::error::{Context, Result};
use crate::files;
use crate::home::Home;
use crate::http;
use crate::secrets;
use crate::template;

/// Shown for a payment when nobody has paid anything yet.
const NO_PAYMENT: &str = "00000000-0000-5000-8000-000000000000";

/// Writes `local/events/NAME.json` for every function and returns how many there are.
///
/// # Errors
/// When the demo user can't sign in, or a file can't be written.
pub async fn write(home: &Home, env: &Env) -> Result<usize> {
    let values = values(env).await?;
    let folder = home.project.join("local/events");
    let mut count = 0;
    for path in templates(home)? {
        let text =
            fs::read_to_string(&path).context(format_args!("cannot read {}", path.display()))?;
        let text = template::render(&text, &values).context(path.display())?;
        let name = path.file_name().unwrap_or_default();
        files::write_private(&folder.join(name), text.as_bytes())?;
        count += 1;
    }
    Ok(count)
}

/// The template files, one per function.
fn templates(home: &Home) -> Result<Vec<PathBuf>> {
    let folder = home.project.join("local/events/templates");
    let mut paths: Vec<PathBuf> = fs::read_dir(&folder)
        .context(format_args!("cannot read {}", folder.display()))?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    paths.sort();
    Ok(paths)
}

async fn values(env: &Env) -> Result<BTreeMap<&'static str, String>> {
    let client = http::client()?;
    let base = &env["E2E_BASE_URL"];
    let anna = accounts::sign_in(&client, base, ANNA).await?;
    // Rotating or ending a session must not spoil the other events, so those have their own.
    let rotated = accounts::sign_in(&client, base, ANNA).await?;
    let ended = accounts::sign_in(&client, base, ANNA).await?;
    let leaver = accounts::register_and_sign_in(&client, base, LEAVER).await?;
    Ok(BTreeMap::from([
        ("access_token", anna.access_token),
        ("user_id", anna.user_id),
        ("email", ANNA.email.to_owned()),
        ("password", ANNA.password.to_owned()),
        ("refresh_token", rotated.refresh_token),
        ("logout_access_token", ended.access_token),
        ("leaver_access_token", leaver.access_token),
        ("leaver_password", LEAVER.password.to_owned()),
        ("payment_id", newest_payment(&client, env).await),
        ("unique", secrets::short_name()?),
    ]))
}

async fn newest_payment(client: &Client, env: &Env) -> String {
    let answer = client
        .get(format!("{}/payments", env["PAYMENT_API_URL"]))
        .basic_auth(&env["PAYMENT_SHOP_ID"], Some(&env["PAYMENT_SECRET_KEY"]))
        .send()
        .await;
    let list: Option<serde_json::Value> = match answer {
        Ok(answer) => answer.json().await.ok(),
        Err(_) => None,
    };
    list.and_then(|list| list["items"][0]["id"].as_str().map(str::to_owned))
        .unwrap_or_else(|| NO_PAYMENT.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lambda_watch::functions;
    use std::path::Path;

    fn home() -> Home {
        Home {
            project: Path::new(env!("CARGO_MANIFEST_DIR"))
                .parent()
                .unwrap()
                .into(),
            folder: PathBuf::new(),
        }
    }

    fn name(path: &Path) -> String {
        path.file_stem().unwrap().to_str().unwrap().to_owned()
    }

    #[test]
    fn every_function_has_an_event_and_no_other_has() {
        let templates: Vec<String> = templates(&home())
            .unwrap()
            .iter()
            .map(|p| name(p))
            .collect();
        let mut functions: Vec<String> = functions(&home())
            .unwrap()
            .into_iter()
            .map(|f| f.name)
            .collect();
        functions.sort();
        assert_eq!(templates, functions);
    }

    #[test]
    fn every_event_is_whole_once_filled_in() {
        let values = BTreeMap::from(
            [
                "access_token",
                "user_id",
                "email",
                "password",
                "refresh_token",
                "logout_access_token",
                "leaver_access_token",
                "leaver_password",
                "payment_id",
                "unique",
            ]
            .map(|name| (name, format!("value-of-{name}"))),
        );
        for path in templates(&home()).unwrap() {
            let text = fs::read_to_string(&path).unwrap();
            let text = template::render(&text, &values).unwrap();
            let event: serde_json::Value = serde_json::from_str(&text).unwrap();
            if let Some(route) = event["rawPath"].as_str() {
                assert_eq!(event["version"], "2.0", "{}", path.display());
                assert_eq!(event["requestContext"]["http"]["path"], route);
                let function = name(&path);
                assert!(
                    route == format!("/{function}") || function == "jwks",
                    "{route}"
                );
            }
        }
    }
}
