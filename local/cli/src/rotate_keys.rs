//! `cargo local rotate-keys`: the key of access tokens, replaced step by step.

use std::path::PathBuf;
use std::process::ExitCode;

use tokens::keys::{self, Settings};

use crate::error::{Context, Error, Result};
use crate::files;
use crate::home::{Home, Kind};
use crate::report;
use crate::secrets::short_name;

/// Which step. docs/deploying.md says what is between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Step {
    /// Make the next key and publish it beside the one in use
    Add,
    /// Sign with it from now on
    Switch,
    /// Publish it alone
    Retire,
}

/// A step, and whose keys.
#[derive(Debug, clap::Args)]
pub struct RotateKeys {
    /// The step
    step: Step,
    /// A file with the settings as one JSON object, such as the secret of AWS; the local stack's by default
    #[arg(long)]
    file: Option<PathBuf>,
}

impl RotateKeys {
    /// Takes the step.
    ///
    /// # Errors
    /// When it is not this step's turn, or the file can't be read and written.
    pub fn run(&self, home: Result<Home>) -> Result<ExitCode> {
        let (file, then) = match &self.file {
            Some(file) => (file.clone(), "Bring it to every function now"),
            None => {
                let profile = home?.profile(Kind::Dev);
                let file = profile.file("secrets.json");
                (file, "It takes effect at the next `cargo local up`")
            }
        };
        let settings = files::read_json::<Settings>(&file)?;
        let mut settings =
            settings.ok_or_else(|| Error::new(format!("there is no {}", file.display())))?;
        match self.step {
            Step::Add => keys::add(&mut settings, &short_name()?),
            Step::Switch => keys::switch(&mut settings),
            Step::Retire => keys::retire(&mut settings),
        }
        .context("the keys are as they were")?;
        files::write_json(&file, &settings)?;
        report::line(format_args!("{then}; {}", self.step.next()));
        Ok(ExitCode::SUCCESS)
    }
}

impl Step {
    fn next(self) -> &'static str {
        match self {
            Self::Add => "when it has, go on with `switch`.",
            Self::Switch => "eleven minutes after it has, go on with `retire`.",
            Self::Retire => "then the old key is worth nothing.",
        }
    }
}
