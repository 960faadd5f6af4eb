//! Signing in to the running service, as anyone would.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Role;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

use crate::error::{Context, Error, Result};
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
    /// The role that the seed gives it.
    pub role: Role,
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            email,
            password,
            role,
            ..
        } = self;
        write!(f, "{:<9} {email:<22} {password}", role.as_str())
    }
}

/// The accounts that people sign in with: two buyers, and one of each role.
pub const DEMO: [Account; 5] = [ANNA, BORIS, SUPPORT, MARKETER, ADMIN];

/// May do everything.
pub const ADMIN: Account = Account {
    email: "admin@demo.example",
    password: "harbour-lantern-41",
    name: "Demo Admin",
    role: Role::Admin,
};
/// Fills in promo codes and groups.
pub const MARKETER: Account = Account {
    email: "marketer@demo.example",
    password: "garnet-orchard-85",
    name: "Demo Marketer",
    role: Role::Marketer,
};
/// Sees why a code did not pass.
pub const SUPPORT: Account = Account {
    email: "support@demo.example",
    password: "velvet-compass-96",
    name: "Demo Support",
    role: Role::Support,
};
/// The user that the examples are for.
pub const ANNA: Account = Account {
    email: "anna@demo.example",
    password: "meadow-kettle-52",
    name: "Anna",
    role: Role::User,
};
/// A second user, for whom personal codes of the first don't work.
pub const BORIS: Account = Account {
    email: "boris@demo.example",
    password: "copper-saddle-63",
    name: "Boris",
    role: Role::User,
};
/// Made to be deleted by the example event of the function `delete`.
pub const LEAVER: Account = Account {
    email: "leaver@demo.example",
    password: "willow-hammer-74",
    name: "Leaver",
    role: Role::User,
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

/// Signs the account in; registers it before if it does not exist.
///
/// # Errors
/// When the service refuses.
pub async fn register_and_sign_in(
    client: &Client,
    base: &str,
    account: Account,
) -> Result<Session> {
    // In this order, since addresses that are found to be registered count against a limit.
    if let Some(session) = try_to_sign_in(client, base, account).await? {
        return Ok(session);
    }
    register(client, base, account).await?;
    sign_in(client, base, account).await
}

/// Gives `user` the role of `account`, as the administrator who is signed in with `admin`.
///
/// # Errors
/// When the service refuses.
pub async fn give_role(
    client: &Client,
    base: &str,
    admin: &Session,
    user: &Session,
    account: Account,
) -> Result<()> {
    let url = format!("{base}/admin/users/{}/role", user.user_id);
    let request = client
        .put(&url)
        .bearer_auth(&admin.access_token)
        .json(&json!({ "role": account.role.as_str() }));
    let answer = request.send().await.context(&url)?;
    let status = answer.status();
    if status != StatusCode::OK {
        let answer = answer.json().await.unwrap_or_default();
        return Err(refused("give a role to", account, status, &answer));
    }
    Ok(())
}

/// Registers the account unless it exists.
///
/// # Errors
/// When the service refuses.
async fn register(client: &Client, base: &str, account: Account) -> Result<()> {
    let body = json!({
        "email": account.email,
        "password": account.password,
        "name": account.name,
    });
    let (status, answer) = http::post(client, &format!("{base}/user_registration"), &body).await?;
    if status != StatusCode::CREATED && status != StatusCode::CONFLICT {
        return Err(refused("register", account, status, &answer));
    }
    Ok(())
}

/// Signs an account in.
///
/// # Errors
/// When the service refuses.
pub async fn sign_in(client: &Client, base: &str, account: Account) -> Result<Session> {
    let session = try_to_sign_in(client, base, account).await?;
    session.ok_or_else(|| {
        Error::new(format!(
            "{} has another password by now; `cargo local reset` starts afresh",
            account.email
        ))
    })
}

/// `None` if there is no such account, or it has another password.
async fn try_to_sign_in(client: &Client, base: &str, account: Account) -> Result<Option<Session>> {
    let body = json!({"email": account.email, "password": account.password});
    let (status, answer) = http::post(client, &format!("{base}/login"), &body).await?;
    if answer["code"] == "invalid_credentials" {
        return Ok(None);
    }
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
    Ok(Some(Session {
        user_id,
        refresh_token: text("refresh_token")?,
        access_token,
    }))
}

fn refused(what: &str, account: Account, status: StatusCode, answer: &Value) -> Error {
    let advice = match answer["code"].as_str() {
        Some("too_many_attempts") => "wait ten minutes, and try again",
        _ => "if the demo account was changed, `cargo local reset` starts afresh",
    };
    Error::new(format!(
        "cannot {what} {}: {status} {}; {advice}",
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
