//! Runs scripts under pgbench, through the same pooler as the service.

use std::path::PathBuf;

use domain::Clock;
use runtime::SystemClock;
use tokio::process::Command;
use tokio_postgres::Config;
use tokio_postgres::config::Host;

use crate::Result;
use crate::subjects::Subjects;

/// The program, and a file for its script.
pub struct Pgbench {
    /// The program.
    pub program: PathBuf,
    /// Where scripts are written.
    pub script: PathBuf,
}

impl Pgbench {
    /// Runs `script` `times` in each client, going round in `subjects`, and says how many transactions a second those
    /// were.
    ///
    /// # Errors
    /// When any transaction fails.
    pub async fn run(
        &self,
        pooler: &Config,
        script: &str,
        subjects: Subjects,
        clients: u64,
        times: u64,
    ) -> Result<f64> {
        std::fs::write(&self.script, script)?;
        let text =
            |bytes: Option<&[u8]>| String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned();
        let started = SystemClock.now().as_millisecond();
        let mut command = Command::new(&self.program);
        // Prepared statements have no place behind a pooler, and the service does not use them either.
        command
            .args(["--no-vacuum", "--protocol=extended", "--file"])
            .arg(&self.script)
            .arg(format!("--client={clients}"))
            .arg(format!("--transactions={times}"))
            .arg(format!("--define=first={}", subjects.first))
            .arg(format!("--define=size={}", subjects.count))
            .arg(format!("--define=clients={clients}"))
            .arg("--define=i=0")
            .arg(format!("--define=started={started}"))
            .env("PGDATABASE", pooler.get_dbname().unwrap_or_default())
            .env("PGUSER", pooler.get_user().unwrap_or_default())
            .env("PGPASSWORD", text(pooler.get_password()))
            .kill_on_drop(true);
        if let [Host::Tcp(host)] = pooler.get_hosts() {
            command.env("PGHOST", host);
        }
        if let [port] = pooler.get_ports() {
            command.env("PGPORT", port.to_string());
        }
        let output = command.output().await?;
        let report = text(Some(&output.stdout));
        match throughput(&report, clients * times) {
            Some(tps) if output.status.success() => Ok(tps),
            _ => {
                let errors = text(Some(&output.stderr));
                Err(format!("pgbench failed ({}):\n{errors}\n{report}", output.status).into())
            }
        }
    }
}

/// Transactions a second in pgbench's report; `None` unless all of them came to pass.
fn throughput(report: &str, transactions: u64) -> Option<f64> {
    let field = |name: &str| {
        let line = report.lines().find_map(|line| line.strip_prefix(name));
        line?.split([' ', '/']).find(|word| !word.is_empty())
    };
    let processed: u64 = field("number of transactions actually processed: ")?
        .parse()
        .ok()?;
    // Before version 15 a failed transaction ended its client, and there was no such line.
    let failed = field("number of failed transactions: ").unwrap_or("0");
    (processed == transactions && failed == "0").then(|| field("tps = ")?.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = "pgbench (15.14)\n\
        number of transactions actually processed: 160/160\n\
        number of failed transactions: 0 (0.000%)\n\
        latency average = 0.412 ms\n\
        tps = 2427.184466 (without initial connection time)\n";

    #[test]
    fn throughput_requires_all_transactions() {
        assert_eq!(throughput(REPORT, 160), Some(2427.184466));
        assert_eq!(throughput(REPORT, 161), None);
        assert_eq!(
            throughput(&REPORT.replace(": 0 (", ": 2 ("), 160),
            None,
            "failed ones"
        );
        let old = REPORT.replace("number of failed transactions: 0 (0.000%)\n", "");
        assert_eq!(throughput(&old, 160), Some(2427.184466));
        assert_eq!(throughput("", 160), None);
    }
}
