//! `/console`: the web console for staff (functions/admin/console), static files that are read when the gateway starts.
//! On AWS, CloudFront serves them from S3.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::extract::{self, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use runtime::ConfigError;
use serde_json::json;
use service_http::{Code, Problem};

/// The headers of every file, with which template.yaml is compared.
pub const HEADERS: &str = include_str!("../../../functions/admin/console/headers.json");

/// Files whose names change with what is in them.
const HASHED: &str = "assets/";
const FOREVER: &str = "public, max-age=31536000, immutable";

/// A file, and the same compressed.
struct File {
    kind: &'static str,
    plain: Vec<u8>,
    gzip: Option<Vec<u8>>,
}

struct Console {
    /// By their paths below `/console/`.
    files: HashMap<String, File>,
    config: String,
    headers: HeaderMap,
}

/// Serves the files of `CONSOLE_FOLDER`; nothing if it is not set.
pub(crate) fn router() -> Result<Router, ConfigError> {
    let Some(folder) = runtime::optional("CONSOLE_FOLDER") else {
        return Ok(Router::new());
    };
    let files = read(Path::new(&folder))
        .map_err(|error| ConfigError::Invalid("CONSOLE_FOLDER", format!("{folder}: {error}")))?;
    let zone = runtime::optional("SHOP_TIME_ZONE").unwrap_or_else(|| "Europe/Moscow".to_owned());
    let console = Console {
        files,
        config: json!({ "api": "", "time_zone": zone }).to_string(),
        headers: headers(),
    };
    Ok(Router::new()
        .route("/console", get(async || Redirect::permanent("/console/")))
        .route("/console/", get(first_page))
        .route("/console/{*path}", get(file))
        .with_state(Arc::new(console)))
}

fn headers() -> HeaderMap {
    let texts: BTreeMap<String, String> = serde_json::from_str(HEADERS).unwrap_or_default();
    let pair = |(name, value): (String, String)| {
        let name = HeaderName::try_from(name).ok()?;
        Some((name, HeaderValue::try_from(value).ok()?))
    };
    texts.into_iter().filter_map(pair).collect()
}

fn read(folder: &Path) -> io::Result<HashMap<String, File>> {
    let mut files = HashMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(inner) = folders.pop() {
        for entry in fs::read_dir(inner)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let Some(kind) = kind(&path) else { continue };
            let name = path.strip_prefix(folder).unwrap_or(&path);
            let file = File {
                kind,
                gzip: fs::read(format!("{}.gz", path.display())).ok(),
                plain: fs::read(&path)?,
            };
            files.insert(name.display().to_string(), file);
        }
    }
    Ok(files)
}

fn kind(path: &Path) -> Option<&'static str> {
    match path.extension()?.to_str()? {
        "html" => Some("text/html; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "css" => Some("text/css; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        "woff2" => Some("font/woff2"),
        _ => None,
    }
}

async fn first_page(State(console): State<Arc<Console>>, request: HeaderMap) -> Response {
    answer(&console, "index.html", &request)
}

async fn file(
    State(console): State<Arc<Console>>,
    extract::Path(path): extract::Path<String>,
    request: HeaderMap,
) -> Response {
    if path == "config.json" {
        let kind = [(header::CONTENT_TYPE, "application/json")];
        return (console.headers.clone(), kind, console.config.clone()).into_response();
    }
    // The page finds out by itself which of its own addresses it was opened at.
    let is_page = !path.starts_with(HASHED) && !console.files.contains_key(&path);
    answer(
        &console,
        if is_page { "index.html" } else { &path },
        &request,
    )
}

fn answer(console: &Console, path: &str, request: &HeaderMap) -> Response {
    let Some(file) = console.files.get(path) else {
        return Problem::new(Code::RouteNotFound).into_response();
    };
    let lifetime = if path.starts_with(HASHED) {
        FOREVER
    } else {
        "no-cache"
    };
    let mut headers = console.headers.clone();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(lifetime));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    let accepted = request
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok());
    let body = match &file.gzip {
        Some(gzip) if accepted.is_some_and(|value| value.contains("gzip")) => {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            gzip.clone()
        }
        _ => file.plain.clone(),
    };
    (StatusCode::OK, headers, body).into_response()
}
