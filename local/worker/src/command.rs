//! What the worker does beside working: steps for people, on the command line.

use std::time::{Duration, Instant};

use clap::{Parser, Subcommand};
use events::DeadLetter;
use events::rabbitmq::{PURCHASE_EVENTS, QUEUE, Queue, RabbitConnection};
use events::sqs::SqsDeadLetters;
use runtime::SystemClock;

use crate::Worker;

/// Messages that are shown at a time.
const SHOWN: u32 = 100;

type Lines = Result<Vec<String>, Box<dyn std::error::Error>>;

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
    /// Show the purchase events that other systems have not consumed yet, oldest first
    PurchaseEvents,
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
    /// When a variable is missing or a server can't be reached.
    pub async fn run(self) -> Lines {
        match self {
            Command::Dlq(command) => match runtime::optional("USER_STATUS_DEAD_LETTERS_URL") {
                Some(_) => command.on_sqs().await,
                None => command.on_rabbitmq().await,
            },
            Command::PurchaseEvents => purchase_events().await,
            Command::Audit => audit(&Worker::from_env()?).await,
            Command::Reconcile => reconcile(&Worker::from_env()?).await,
        }
    }
}

impl Dlq {
    async fn on_rabbitmq(self) -> Lines {
        let broker = RabbitConnection::connect(&crate::amqp_url()?, QUEUE).await?;
        let letters = broker.dead_letters().await?;
        let lines = match self {
            Dlq::List { bodies } => {
                let count = letters.count().await?;
                listed(&letters.list(SHOWN).await?, count, bodies)
            }
            Dlq::Replay => vec![format!("{} sent back", letters.replay().await?)],
        };
        broker.close().await;
        Ok(lines)
    }

    async fn on_sqs(self) -> Lines {
        let letters = SqsDeadLetters::from_env()?;
        Ok(match self {
            Dlq::List { bodies } => {
                // Counted first: a moment after the look, SQS counts those that were looked at among the hidden ones.
                let count = letters.count().await?;
                listed(&letters.list(SHOWN as usize).await?, count, bodies)
            }
            Dlq::Replay => {
                let queue = runtime::required(
                    "USER_STATUS_QUEUE_URL",
                    "the URL of the SQS FIFO queue that they go back to",
                )?;
                vec![format!("{} sent back", letters.replay(&queue).await?)]
            }
        })
    }
}

fn listed(letters: &[DeadLetter], count: u32, bodies: bool) -> Vec<String> {
    let lines = letters.iter().map(|letter| line(letter, bodies));
    lines.chain([format!("{count} dead letters")]).collect()
}

async fn purchase_events() -> Lines {
    let queue = Queue::of_purchases(PURCHASE_EVENTS);
    let broker = RabbitConnection::connect(&crate::amqp_url()?, queue).await?;
    let bodies = broker.look(SHOWN).await?;
    broker.close().await;
    let lines = bodies
        .iter()
        .map(|body| String::from_utf8_lossy(body).into_owned());
    let shown = format!("{} events, the oldest first", bodies.len());
    Ok(lines.chain([shown]).collect())
}

async fn audit(worker: &Worker) -> Lines {
    let found = crate::audit::contradictions(worker).await?;
    match found.is_empty() {
        true => Ok(vec!["the books are right".to_owned()]),
        false => Err(format!("{}\n{} contradictions", found.join("\n"), found.len()).into()),
    }
}

async fn reconcile(worker: &Worker) -> Lines {
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
