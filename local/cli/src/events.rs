//! Example events for `cargo lambda invoke`: templates with the tokens of a demo user put in.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use reqwest::Client;
use serde_json::{Value, json};

use crate::accounts::{self, ADMIN, ANNA, LEAVER};
use crate::env::Env;
use crate::error::{Context, Error, Result};
use crate::files;
use crate::home::Home;
use crate::http;
use crate::secrets;
use crate::template;

/// Where people find them.
pub fn folder(home: &Home) -> PathBuf {
    home.project.join("local/events")
}

/// Writes `NAME.json` into `folder` for every function and returns how many there are.
///
/// # Errors
/// When the demo user can't sign in, or a file can't be written.
pub async fn write(home: &Home, env: &Env, folder: &Path) -> Result<usize> {
    let values = values(env).await?;
    fs::create_dir_all(folder).context(folder.display())?;
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
    let staff = accounts::sign_in(&client, base, ADMIN).await?;
    let leaver = accounts::register_and_sign_in(&client, base, LEAVER).await?;
    let purchase_id = pending_purchase(&client, base, &anna.access_token).await?;
    Ok(BTreeMap::from([
        ("access_token", anna.access_token),
        ("staff_access_token", staff.access_token),
        ("user_id", anna.user_id),
        ("email", ANNA.email.to_owned()),
        ("password", ANNA.password.to_owned()),
        ("refresh_token", rotated.refresh_token),
        ("logout_access_token", ended.access_token),
        ("leaver_access_token", leaver.access_token),
        ("leaver_password", LEAVER.password.to_owned()),
        ("payment_id", pending_payment(&client, env).await?),
        ("purchase_id", purchase_id),
        ("unique", secrets::short_name()?),
    ]))
}

/// A purchase that nobody has paid: of a tariff that no other example applies a code to, since a
/// user has one open purchase of a tariff.
async fn pending_purchase(client: &Client, base: &str, access_token: &str) -> Result<String> {
    let url = format!("{base}/buy_tariff?tariff=2");
    let request = client.post(&url).bearer_auth(access_token);
    let answer = request.send().await.context(&url)?;
    let answer: Value = answer.json().await.context(&url)?;
    let id = answer["purchase_id"].as_str().map(str::to_owned);
    id.ok_or_else(|| Error::new(format!("{url} answers {answer}")))
}

/// A payment at the provider that nobody has paid: a webhook about it changes nothing.
async fn pending_payment(client: &Client, env: &Env) -> Result<String> {
    let url = format!("{}/payments", env["PAYMENT_API_URL"]);
    let request = client
        .post(&url)
        .basic_auth(&env["PAYMENT_SHOP_ID"], Some(&env["PAYMENT_SECRET_KEY"]))
        .header("Idempotence-Key", secrets::short_name()?)
        .json(&json!({
            "amount": { "value": "1.00", "currency": "RUB" },
            "confirmation": { "type": "redirect", "return_url": env["PAYMENT_RETURN_URL"] },
            "description": "example",
        }));
    let answer: Value = request
        .send()
        .await
        .context(&url)?
        .json()
        .await
        .context(&url)?;
    let id = answer["id"]
        .as_str()
        .filter(|_| answer["status"] == "pending");
    id.map(str::to_owned)
        .ok_or_else(|| Error::new(format!("{url} answers {answer}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lambda_watch::functions;

    fn home() -> Home {
        Home {
            project: Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."),
            folder: PathBuf::new(),
        }
    }

    fn name(path: &Path) -> String {
        path.file_stem().unwrap().to_str().unwrap().to_owned()
    }

    #[test]
    fn each_function_has_an_example_event() {
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
    fn filled_templates_are_valid_events() {
        let values = BTreeMap::from(
            [
                "access_token",
                "user_id",
                "staff_access_token",
                "email",
                "password",
                "refresh_token",
                "logout_access_token",
                "leaver_access_token",
                "leaver_password",
                "payment_id",
                "purchase_id",
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
                    route == format!("/{function}")
                        || route.starts_with(&format!("/{function}/"))
                        || function == "jwks"
                        || route.starts_with("/admin/"),
                    "{route}"
                );
            }
        }
    }
}
