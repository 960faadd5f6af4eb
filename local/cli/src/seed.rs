//! The demo: tariffs, promo codes and a few accounts. Doing it again changes nothing.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use reqwest::{Client, StatusCode};
use serde_json::json;

use crate::accounts::{self, ADMIN, ANNA, BORIS, MARKETER, SUPPORT};
use crate::env::Env;
use crate::error::{Context, Error, Result};
use crate::home::Home;
use crate::http;
use crate::sql;
use crate::template;

/// Well above the second that it takes with everything up.
const STATUS_WAIT: Duration = Duration::from_secs(20);

/// Fills the stack that `env` describes.
///
/// # Errors
/// When the service refuses an account, or the SQL fails.
pub async fn run(home: &Home, env: &Env) -> Result<()> {
    let client = http::client()?;
    let base = &env["E2E_BASE_URL"];
    accounts::register_and_sign_in(&client, base, ADMIN).await?;
    // As on a real deployment: nobody can make the first administrator through the service.
    let auth = &env["AUTH_MIGRATION_URL"];
    let made = migrations::make_admin(auth, ADMIN.email, true).await;
    made.context(ADMIN.email)?;
    let admin = accounts::sign_in(&client, base, ADMIN).await?;
    for account in [MARKETER, SUPPORT] {
        let user = accounts::register_and_sign_in(&client, base, account).await?;
        accounts::give_role(&client, base, &admin, &user, account).await?;
    }
    let anna = accounts::register_and_sign_in(&client, base, ANNA).await?;
    let boris = accounts::register_and_sign_in(&client, base, BORIS).await?;

    let path = home.project.join("local/seed/loyalty.sql");
    let text =
        std::fs::read_to_string(&path).context(format_args!("cannot read {}", path.display()))?;
    let values = BTreeMap::from([
        ("anna_id", anna.user_id.clone()),
        ("boris_id", boris.user_id.clone()),
    ]);
    sql::run(
        &env["LOYALTY_MIGRATION_URL"],
        &template::render(&text, &values)?,
    )
    .await
    .context(path.display())?;

    for user in [&anna, &boris] {
        wait_for_status(&env["LOYALTY_MIGRATION_URL"], &user.user_id).await?;
    }
    ask_for_approval(&client, base).await
}

/// The marketer wants more uses of the promo code that takes everything off, which waits for a colleague. Once it waits, or
/// is approved, asking again changes nothing.
async fn ask_for_approval(client: &Client, base: &str) -> Result<()> {
    let marketer = accounts::sign_in(client, base, MARKETER).await?;
    let url = format!("{base}/admin/promotions/4");
    let change =
        json!({ "total_limit": 500, "approval_reason": "For the winners of the competition" });
    let request = client
        .patch(&url)
        .bearer_auth(&marketer.access_token)
        .header("if-match", "*")
        .json(&change);
    match request.send().await.context(&url)?.status() {
        StatusCode::OK | StatusCode::ACCEPTED | StatusCode::CONFLICT => Ok(()),
        status => Err(Error::new(format!(
            "cannot ask for an approval: {url} answers {status}"
        ))),
    }
}

/// A new user is only known to the loyalty side once the worker has brought the news.
async fn wait_for_status(url: &str, user_id: &str) -> Result<()> {
    let started = Instant::now();
    let query = format!("SELECT 1 FROM users WHERE id = '{user_id}'");
    while sql::rows(url, &query).await?.is_empty() {
        if started.elapsed() > STATUS_WAIT {
            return Err(Error::new(
                "a registered user did not reach the loyalty database: see the worker's log",
            ));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}
