//! The requests that are measured.

use domain::Role;
use hyper::Method;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use serde_json::{Value, json};

use crate::Result;
use crate::load::Request;
use crate::promo_codes::{PAGE, TARIFF};
use crate::subjects::{ADMINS, PASSWORD, id};
use crate::world::World;

/// Lists the first page of promo codes for user `n`.
///
/// # Errors
/// When the request can't be made.
pub fn list(world: &World, n: u64) -> Result<Request> {
    let path = format!("/get_active_promocodes?limit={PAGE}");
    with_token(world, n, Method::GET, &path, None)
}

/// Calls `path` for user `n`, with the promo code and the tariff.
///
/// # Errors
/// When the request can't be made.
pub fn with_promo(world: &World, n: u64, path: &str, promo: u64) -> Result<Request> {
    let path = format!("{path}?promocode_id={promo}&tariff={TARIFF}");
    with_token(world, n, Method::POST, &path, None)
}

/// Cancels what user `n` holds of the promo code.
///
/// # Errors
/// When the request can't be made.
pub fn cancel(world: &World, n: u64, promo: u64) -> Result<Request> {
    let path = format!("/cancel_apply_promocode?promocode_id={promo}");
    with_token(world, n, Method::POST, &path, None)
}

/// Registers the address of user `n`, who gets another number.
///
/// # Errors
/// When the request can't be made.
pub fn registration(world: &World, n: u64) -> Result<Request> {
    let body = json!({ "email": email(n), "password": PASSWORD });
    plain(world, Method::POST, "/user_registration", Some(&body))
}

/// Logs user `n` in.
///
/// # Errors
/// When the request can't be made.
pub fn login(world: &World, n: u64) -> Result<Request> {
    let body = json!({ "email": email(n), "password": PASSWORD });
    plain(world, Method::POST, "/login", Some(&body))
}

/// Tries to log user `n` in, whether there is one or not.
///
/// # Errors
/// When the request can't be made.
pub fn wrong_login(world: &World, n: u64) -> Result<Request> {
    let body = json!({ "email": email(n), "password": "not the password" });
    plain(world, Method::POST, "/login", Some(&body))
}

/// Renews session `n`, for the first time.
///
/// # Errors
/// When the request can't be made.
pub fn refresh(world: &World, n: u64) -> Result<Request> {
    let body = json!({ "refresh_token": world.refresh_token(n)? });
    plain(world, Method::POST, "/refresh_token", Some(&body))
}

/// Ends session `n`.
///
/// # Errors
/// When the request can't be made.
pub fn logout(world: &World, n: u64) -> Result<Request> {
    with_token(world, n, Method::POST, "/logout", None)
}

/// Deletes account `n`.
///
/// # Errors
/// When the request can't be made.
pub fn deletion(world: &World, n: u64) -> Result<Request> {
    let body = json!({ "password": PASSWORD });
    with_token(world, n, Method::DELETE, "/delete", Some(&body))
}

/// Shows the account of user `n`.
///
/// # Errors
/// When the request can't be made.
pub fn me(world: &World, n: u64) -> Result<Request> {
    with_token(world, n, Method::GET, "/me", None)
}

/// Lists the sessions of user `n`.
///
/// # Errors
/// When the request can't be made.
pub fn sessions(world: &World, n: u64) -> Result<Request> {
    with_token(world, n, Method::GET, "/sessions", None)
}

/// Changes the password of user `n`, for the first time.
///
/// # Errors
/// When the request can't be made.
pub fn change_password(world: &World, n: u64) -> Result<Request> {
    let body = json!({ "old_password": PASSWORD, "new_password": format!("another {PASSWORD}") });
    with_token(world, n, Method::POST, "/change_password", Some(&body))
}

/// Looks for user `n` by the address, as an administrator.
///
/// # Errors
/// When the request can't be made.
pub fn user_search(world: &World, n: u64) -> Result<Request> {
    let body = json!({ "email": email(n) });
    with_role(
        world,
        n,
        Role::Admin,
        Method::POST,
        "/admin/users/search",
        Some(&body),
    )
}

/// Blocks user `n`, as an administrator of their own.
///
/// # Errors
/// When the request can't be made.
pub fn block(world: &World, n: u64) -> Result<Request> {
    let path = format!("/admin/users/{}/block", id(n)?);
    with_role(world, n + ADMINS, Role::Admin, Method::POST, &path, None)
}

/// Lists the decisions about user `n`.
///
/// # Errors
/// When the request can't be made.
pub fn decisions(world: &World, n: u64) -> Result<Request> {
    for_support(world, n, &format!("/admin/decisions?user_id={}", id(n)?))
}

/// Asks whether the promo code would pass for user `n`.
///
/// # Errors
/// When the request can't be made.
pub fn eligibility(world: &World, n: u64, promo: u64) -> Result<Request> {
    let user_id = id(n)?;
    let path = format!("/admin/eligibility?user_id={user_id}&promocode_id={promo}&tariff={TARIFF}");
    for_support(world, n, &path)
}

/// Lists the groups.
///
/// # Errors
/// When the request can't be made.
pub fn groups(world: &World, n: u64) -> Result<Request> {
    for_support(world, n, "/admin/groups")
}

/// Lists the promo codes as staff see them.
///
/// # Errors
/// When the request can't be made.
pub fn promocodes(world: &World, n: u64) -> Result<Request> {
    for_support(world, n, "/admin/promocodes")
}

/// Asks for the public keys.
///
/// # Errors
/// When the request can't be made.
pub fn keys(world: &World) -> Result<Request> {
    plain(world, Method::GET, "/.well-known/jwks.json", None)
}

fn email(n: u64) -> String {
    format!("b{n}@bench.example")
}

fn with_token(
    world: &World,
    n: u64,
    method: Method,
    path: &str,
    body: Option<&Value>,
) -> Result<Request> {
    with_role(world, n, Role::User, method, path, body)
}

/// A request of the holder of token `n`, which says that they have this role.
fn with_role(
    world: &World,
    n: u64,
    role: Role,
    method: Method,
    path: &str,
    body: Option<&Value>,
) -> Result<Request> {
    let mut request = plain(world, method, path, body)?;
    let token = format!("Bearer {}", world.access_token(n, role)?).parse()?;
    request.headers_mut().insert(AUTHORIZATION, token);
    Ok(request)
}

/// Something that support reads.
fn for_support(world: &World, n: u64, path: &str) -> Result<Request> {
    with_role(world, n, Role::Support, Method::GET, path, None)
}

fn plain(world: &World, method: Method, path: &str, body: Option<&Value>) -> Result<Request> {
    let mut request = hyper::Request::builder()
        .method(method)
        .uri(path)
        .header(HOST, world.address.to_string());
    if body.is_some() {
        request = request.header(CONTENT_TYPE, "application/json");
    }
    let text = body.map(Value::to_string).unwrap_or_default();
    Ok(request.body(text.into())?)
}
