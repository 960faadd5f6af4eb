//! What the worker does beside working: steps for people, on the command line.

use std::time::{Duration, Instant};

use clap::{Parser, Subcommand};
use events::rabbitmq::{DeadLetter, RabbitConnection};
use runtime::SystemClock;

use crate::Worker;

/// Letters that are shown at a time.
const SHOWN: u32 = 100;

/// Carries users' status from auth to loyalty, and releases holds that ran out.
#[derive(Debug, Parser)]
#[command(name = "worker")]
pub struct Arguments {
    /// Nothing: work until stopped.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// A step for people.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Status changes that could not be handled
    #[command(subcommand)]
    Dlq(Dlq),
    /// Check that the books are right: counters, holds, purchases, subscriptions, money, and status on both sides
    Audit,
    /// Compare all users' status with what the auth side says, and repair what drifted
    Reconcile,
}

/// What to do with dead letters.
#[derive(Debug, Subcommand)]
pub enum Dlq {
    /// Show them with their reasons, the oldest first
    List {
        /// Also show what they say, which may be anything
        #[arg(long)]
        bodies: bool,
    },
    /// Give all of them another try
    Replay,
}

impl Command {
    /// Does it, and returns the lines to be shown.
    ///
    /// # Errors
    /// When a server can't be reached.
    pub async fn run(self, worker: &Worker) -> Result<Vec<String>, Box<dyn std::error::Error>> {
        match self {
            Command::Dlq(command) => dlq(command, worker).await,
            Command::Audit => {
                let found = crate::audit::contradictions(worker).await?;
                match found.is_empty() {
                    true => Ok(vec!["the books are right".to_owned()]),
                    false => {
                        Err(format!("{}\n{} contradictions", found.join("\n"), found.len()).into())
                    }
                }
            }
            Command::Reconcile => reconcile(worker).await,
        }
    }
}

async fn dlq(command: Dlq, worker: &Worker) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let broker = RabbitConnection::connect(&worker.amqp_url, &worker.queue).await?;
    let letters = broker.dead_letters().await?;
    let lines = match command {
        Dlq::List { bodies } => {
            let count = letters.count().await?;
            let shown = letters.list(SHOWN).await?;
            let shown = shown.iter().map(|letter| line(letter, bodies));
            let total = format!("{count} dead letters");
            shown.chain([total]).collect()
        }
        Dlq::Replay => vec![format!("{} sent back", letters.replay().await?)],
    };
    broker.close().await;
    Ok(lines)
}

async fn reconcile(worker: &Worker) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let started = Instant::now();
    // Everything at once: whoever types this wants both sides to agree now.
    let settling = Duration::ZERO;
    let (auth, loyalty) = (&worker.auth, &worker.loyalty);
    let report = status_reconciler::reconcile(auth, loyalty, &SystemClock, settling).await?;
    let took = format!("{:.1} s", started.elapsed().as_secs_f64());
    Ok(vec![report.to_string(), took])
}

fn line(letter: &DeadLetter, body: bool) -> String {
    let id = letter.message_id.as_deref().unwrap_or("(no id)");
    let what = match &letter.event {
        Some(event) => format!(
            "user {} {} version {}",
            event.user_id,
            event.status.as_str(),
            event.version
        ),
        None => format!("{} bytes that are no event", letter.body.len()),
    };
    let mut line = format!("{id}  {what}: {}", letter.reason);
    if body {
        // Escaped, for a terminal obeys some characters.
        let text = String::from_utf8_lossy(&letter.body);
        line += &format!("\n    {}", text.escape_debug());
    }
    line
}
