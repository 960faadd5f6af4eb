//! The environment of the whole service, as its programs and tests read it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use crate::ports::Ports;
use crate::secrets::Secrets;

/// What answers HTTP requests in a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Front {
    /// One process with every function.
    Gateway,
    /// `cargo lambda watch`: one process per function behind the emulated Lambda API.
    LambdaWatch,
}

impl Front {
    /// What the end-to-end tests call it.
    pub fn host(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::LambdaWatch => "lambda",
        }
    }

    /// The name of its port.
    pub fn port(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::LambdaWatch => "lambda_watch",
        }
    }
}

/// From where the sandbox's webhooks come: this machine, or the private network of its containers.
const SANDBOX_NETWORKS: &str = "127.0.0.0/8,::1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7";

/// Variables by name.
pub type Env = BTreeMap<String, String>;

/// The variables for a stack whose requests go to `front`; `address` knows where each name listens.
pub fn of(
    address: impl Fn(&str) -> String,
    secrets: &Secrets,
    front: Front,
    payments_file: &Path,
) -> Env {
    let base = format!("http://{}", address(front.port()));
    let database = |name: &str, server: &str| {
        format!(
            "postgres://{name}:{}@{}/{name}",
            secrets.get(&format!("postgres_{name}")),
            address(&format!("{server}_{name}"))
        )
    };
    let sandbox = format!("http://{}", address("payment_sandbox"));
    let mut env: Env = [
        ("AUTH_DATABASE_URL", database("auth", "pgbouncer")),
        ("LOYALTY_DATABASE_URL", database("loyalty", "pgbouncer")),
        ("AUTH_MIGRATION_URL", database("auth", "postgres")),
        ("LOYALTY_MIGRATION_URL", database("loyalty", "postgres")),
        ("REDIS_URL", format!("redis://{}/", address("redis"))),
        (
            "AMQP_URL",
            format!(
                "amqp://loyalty:{}@{}/%2f",
                secrets.get("amqp"),
                address("amqp")
            ),
        ),
        ("PAYMENT_API_URL", format!("{sandbox}/v3")),
        ("PAYMENT_SHOP_ID", "local-shop".into()),
        ("PAYMENT_RETURN_URL", "https://shop.example/thanks".into()),
        ("PAYMENT_WEBHOOK_NETWORKS", SANDBOX_NETWORKS.into()),
        // One look instead of a minute.
        ("SWEEPER_RUN_SECONDS", "0".into()),
        ("GATEWAY_ADDR", address("gateway")),
        ("WORKER_ADDR", address("worker")),
        ("SANDBOX_ADDR", address("payment_sandbox")),
        ("SANDBOX_WEBHOOK_URL", format!("{base}/payment_webhook")),
        ("SANDBOX_PUBLIC_URL", sandbox),
        ("SANDBOX_STATE_FILE", payments_file.display().to_string()),
        ("E2E_BASE_URL", base),
        ("E2E_HOST", front.host().into()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    for name in [
        "JWT_SIGNING_KEY",
        "JWT_KEY_ID",
        "JWT_JWKS",
        "REFRESH_TOKEN_KEY",
        "TOMBSTONE_KEY",
        "ATTEMPTS_KEY",
        "PAYMENT_SECRET_KEY",
    ] {
        env.insert(name.to_owned(), secrets.get(name).to_owned());
    }
    env
}

/// Where requests go.
pub fn base_url(ports: &Ports, front: Front) -> String {
    format!("http://{}", ports.address(front.port()))
}

/// Lines that a shell can evaluate.
pub fn exports(env: &Env) -> String {
    env.iter()
        .map(|(name, value)| format!("export {name}={}\n", quote(value)))
        .collect()
}

/// Quotes a word for a POSIX shell, which can't have NUL in it; neither can the environment.
pub fn quote(value: &str) -> Cow<'_, str> {
    shlex::try_quote(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exported_variables_survive_the_shell() {
        let env: Env = [
            ("PLAIN", "redis://127.0.0.1:1/"),
            ("JSON", r#"{"keys":[{"kid":"it's"}]}"#),
            ("EMPTY", ""),
            ("SPACE", "a b $HOME `id`"),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
        let script = format!(
            "{}printf '%s\\n' \"$PLAIN\" \"$JSON\" \"$EMPTY\" \"$SPACE\"",
            exports(&env)
        );
        let output = std::process::Command::new("sh")
            .args(["-c", &script])
            .output()
            .unwrap();
        assert_eq!(
            String::from_utf8(output.stdout).unwrap(),
            "redis://127.0.0.1:1/\n{\"keys\":[{\"kid\":\"it's\"}]}\n\na b $HOME `id`\n"
        );
    }
}
