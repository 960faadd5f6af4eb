//! Signing in to the running service, as anyone would.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::http;

/// A demo account.
#[derive(Clone, Copy, Debug)]
pub struct Account {
    /// Its address.
    pub email: &'static str,
    /// Its password, which is no secret.
    pub password: &'static str,
    /// The name of the person.
    pub name: &'static str,
}

/// May do everything.
pub const ADMIN: Account = Account {
    email: "admin@demo.example",
    password: "harbour-lantern-41",
    name: "Demo Admin",
};
/// The user that the examples are for.
pub const ANNA: Account = Account {
    email: "anna@demo.example",
    password: "meadow-kettle-52",
    name: "Anna",
};
/// A second user, for whom personal codes of the first don't work.
pub const BORIS: Account = Account {
    email: "boris@demo.example",
    password: "copper-saddle-63",
    name: "Boris",
};
/// Made to be deleted by the example event of the function `delete`.
pub const LEAVER: Account = Account {
    email: "leaver@demo.example",
    password: "willow-hammer-74",
    name: "Leaver",
};

/// What a sign-in gives.
#[derive(Debug)]
pub struct Session {
    /// For the Authorization header; lives for minutes.
    pub access_token: String,
    /// For the next access token.
    pub refresh_token: String,
    /// Who it is.
    pub user_id: String,
}

/// Registers the account unless it exists, and signs it in.
///
/// # Errors
/// When the service refuses.
pub async fn register_and_sign_in(
    client: &Client,
    base: &str,
    account: Account,
) -> Result<Session> {
    let body = json!({
        "email": account.email,
        "password": account.password,
        "name": account.name,
    });
    let (status, answer) = http::post(client, &format!("{base}/user_registration"), &body).await?;
    if status != StatusCode::CREATED && status != StatusCode::CONFLICT {
        return Err(refused("register", account, status, &answer));
    }
    sign_in(client, base, account).await
}

/// Signs an account in.
///
/// # Errors
/// When the service refuses.
pub async fn sign_in(client: &Client, base: &str, account: Account) -> Result<Session> {
    let body = json!({"email": account.email, "password": account.password});
    let (status, answer) = http::post(client, &format!("{base}/login"), &body).await?;
    if status != StatusCode::OK {
        return Err(refused("sign in", account, status, &answer));
    }
    let text = |name: &str| {
        answer[name]
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| Error::new(format!("the answer to the sign-in has no {name}")))
    };
    let access_token = text("access_token")?;
    let user_id =
        subject(&access_token).ok_or_else(|| Error::new("the access token names no user"))?;
    Ok(Session {
        user_id,
        refresh_token: text("refresh_token")?,
        access_token,
    })
}

fn refused(what: &str, account: Account, status: StatusCode, answer: &Value) -> Error {
    Error::new(format!(
        "cannot {what} {}: {status} {}. If the demo account was changed, `cargo local reset` starts afresh",
        account.email,
        answer["code"].as_str().unwrap_or_default()
    ))
}

/// Reads `sub` without verifying the token: it came straight from the service.
fn subject(token: &str) -> Option<String> {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    claims["sub"].as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_is_read_from_token() {
        let claims = URL_SAFE_NO_PAD.encode(r#"{"sub":"0198f0c2-7d3c-7000-8000-000000000001"}"#);
        assert_eq!(
            subject(&format!("e30.{claims}.sig")).as_deref(),
            Some("0198f0c2-7d3c-7000-8000-000000000001")
        );
        assert_eq!(subject("nonsense"), None);
    }
}
