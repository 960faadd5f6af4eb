//! `cargo local compose`: what docker-compose.yml runs inside of its own image, so that Docker is all it takes.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;

use crate::accounts;
use crate::env::{self, Env, Front};
use crate::error::{Error, Result};
use crate::files;
use crate::home::Home;
use crate::report;
use crate::secrets::Secrets;
use crate::seed;

/// Where the volume with the secrets is.
const KEYS: &str = "/keys";
/// Where the image has the files of this project that are read at run time.
const PROJECT: &str = "/usr/share/loyalty";
const PAYMENTS: &str = "/data/payments.json";

/// The services of docker-compose.yml.
const INSIDE: [(&str, &str); 9] = [
    ("postgres_auth", "postgres-auth:5432"),
    ("postgres_loyalty", "postgres-loyalty:5432"),
    ("pgbouncer_auth", "pgbouncer-auth:5432"),
    ("pgbouncer_loyalty", "pgbouncer-loyalty:5432"),
    ("redis", "redis:6379"),
    ("amqp", "rabbitmq:5672"),
    ("gateway", "gateway:8000"),
    ("payment_sandbox", "payment_sandbox:8001"),
    ("worker", "worker:8002"),
];

/// Which of the variables are whose.
const PROGRAMS: [(&str, &[&str]); 4] = [
    (
        "migrations",
        &["AUTH_MIGRATION_URL", "LOYALTY_MIGRATION_URL"],
    ),
    (
        "payment_sandbox",
        &[
            "PAYMENT_SHOP_ID",
            "PAYMENT_SECRET_KEY",
            "SANDBOX_WEBHOOK_URL",
            "SANDBOX_STATE_FILE",
        ],
    ),
    (
        "gateway",
        &[
            "AUTH_DATABASE_URL",
            "LOYALTY_DATABASE_URL",
            "REDIS_URL",
            "AMQP_URL",
            "JWT_SIGNING_KEY",
            "JWT_KEY_ID",
            "JWT_JWKS",
            "REFRESH_TOKEN_KEY",
            "TOMBSTONE_KEY",
            "ATTEMPTS_KEY",
            "PAYMENT_API_URL",
            "PAYMENT_SHOP_ID",
            "PAYMENT_SECRET_KEY",
            "PAYMENT_RETURN_URL",
            "PAYMENT_WEBHOOK_NETWORKS",
        ],
    ),
    (
        "worker",
        &[
            "AUTH_DATABASE_URL",
            "LOYALTY_DATABASE_URL",
            "AMQP_URL",
            "PAYMENT_API_URL",
            "PAYMENT_SHOP_ID",
            "PAYMENT_SECRET_KEY",
            "PAYMENT_RETURN_URL",
        ],
    ),
];

/// The variables of the servers, and the secrets that they are.
const SERVERS: [(&str, &[(&str, &str)]); 3] = [
    (
        "auth",
        &[
            ("SUPERUSER_PASSWORD", "postgres_auth_superuser"),
            ("PASSWORD", "postgres_auth"),
        ],
    ),
    (
        "loyalty",
        &[
            ("SUPERUSER_PASSWORD", "postgres_loyalty_superuser"),
            ("PASSWORD", "postgres_loyalty"),
        ],
    ),
    ("rabbitmq", &[("PASSWORD", "amqp")]),
];

/// The steps.
#[derive(Debug, Subcommand)]
pub enum Compose {
    /// Make the keys and passwords, once, and a file with the environment of each service
    Keys,
    /// Fill the stack with demo accounts, tariffs and promo codes
    Seed,
    /// Print the environment of the stack as the host sees it, for the end-to-end tests
    Env,
}

impl Compose {
    /// Does the step.
    ///
    /// # Errors
    /// When it fails.
    pub async fn run(self) -> Result<ExitCode> {
        let secrets = Secrets::load_or_create(&Path::new(KEYS).join("secrets.json"))?;
        match self {
            Self::Keys => {
                for (name, variables) in service_files(&secrets)? {
                    let path = Path::new(KEYS).join(format!("{name}.env"));
                    files::write_private(&path, env::exports(&variables).as_bytes())?;
                }
            }
            Self::Seed => seed(&inside(&secrets)).await?,
            Self::Env => {
                let mut variables = env::of(outside, &secrets, Front::Gateway, Path::new(PAYMENTS));
                // Where something listens inside of its container is nobody's business here.
                variables
                    .retain(|name, _| !name.ends_with("_ADDR") && name != "SANDBOX_STATE_FILE");
                let _ = io::stdout().write_all(env::exports(&variables).as_bytes());
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn seed(variables: &Env) -> Result<()> {
    let home = Home {
        project: PathBuf::from(PROJECT),
        folder: std::env::temp_dir(),
    };
    seed::run(&home, variables).await?;
    for account in accounts::DEMO {
        report::line(account);
    }
    Ok(())
}

fn inside(secrets: &Secrets) -> Env {
    let addresses = BTreeMap::from(INSIDE);
    let address = |name: &str| addresses.get(name).copied().unwrap_or_default().to_owned();
    env::of(address, secrets, Front::Gateway, Path::new(PAYMENTS))
}

/// The ports that docker-compose.yml and docker-compose.e2e.yml publish, such as `GATEWAY_PORT`.
fn outside(name: &str) -> String {
    let port = std::env::var(format!("{}_PORT", name.to_uppercase()));
    format!("127.0.0.1:{}", port.unwrap_or_default())
}

fn service_files(secrets: &Secrets) -> Result<BTreeMap<&'static str, Env>> {
    let mut all = BTreeMap::new();
    let variables = inside(secrets);
    for (service, names) in PROGRAMS {
        let own = names.iter().map(|name| {
            let value = variables.get(*name).filter(|value| !value.is_empty());
            let value = value.ok_or_else(|| Error::new(format!("nothing is known of {name}")))?;
            Ok(((*name).to_owned(), value.clone()))
        });
        all.insert(service, own.collect::<Result<Env>>()?);
    }
    for (service, names) in SERVERS {
        let own = names
            .iter()
            .map(|(name, secret)| ((*name).to_owned(), secrets.get(secret).to_owned()));
        all.insert(service, own.collect());
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_wins_over_what_was_made() {
        let folder = std::env::temp_dir().join(format!("local-with-keys-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let names = ["SET", "EMPTY", "UNSET", "QUOTED"];
        let made = names.map(|name| (name.to_owned(), "made".to_owned()));
        std::fs::write(folder.join("gateway.env"), env::exports(&Env::from(made))).unwrap();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../docker/with-keys.sh");
        let output = std::process::Command::new("sh")
            .args([script, "gateway", "sh", "-c"])
            .arg(r#"printf '%s|' "$SET" "$EMPTY" "$UNSET" "$QUOTED""#)
            .env("KEYS_FOLDER", &folder)
            .env("SET", "postgres://elsewhere/x?a=b&c=d")
            .env("EMPTY", "")
            .env("QUOTED", "it's $HOME")
            .output()
            .unwrap();
        std::fs::remove_dir_all(folder).unwrap();
        assert_eq!(
            String::from_utf8(output.stdout).unwrap(),
            "postgres://elsewhere/x?a=b&c=d|made|made|it's $HOME|"
        );
    }

    #[test]
    fn compose_services_get_their_variables_without_host_addresses() {
        let path = std::env::temp_dir().join(format!("local-compose-{}", std::process::id()));
        let secrets = Secrets::load_or_create(&path).unwrap();
        std::fs::remove_file(path).unwrap();
        let files = service_files(&secrets).unwrap();
        assert_eq!(files.len(), PROGRAMS.len() + SERVERS.len());
        for (service, variables) in &files {
            for (name, value) in variables {
                let inside = !value.is_empty() && !value.contains("127.0.0.1");
                assert!(inside, "{service}: {name}={value}");
            }
        }
        assert!(!files["payment_sandbox"].contains_key("JWT_SIGNING_KEY"));
    }
}
