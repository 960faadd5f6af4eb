//! `cargo local invoke`: calls one function as Lambda would, on the stack of `cargo local watch`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::env::Front;
use crate::error::{Error, Result};
use crate::events;
use crate::home::{Home, Kind};
use crate::lambda_watch;
use crate::ports::Ports;
use crate::process::launch::Program;
use crate::process::task;
use crate::running::Running;
use crate::tools;

/// Which function, and with what.
#[derive(Debug, Args)]
pub struct Invoke {
    /// The function, as its folder below functions/ is called
    name: String,
    /// The event, JSON [default: the function's example event, with fresh tokens]
    #[arg(long, conflicts_with = "data_file")]
    data: Option<String>,
    /// A file with the event
    #[arg(long)]
    data_file: Option<PathBuf>,
}

impl Invoke {
    /// Calls the function and prints its answer.
    ///
    /// # Errors
    /// When there is no such function, or `cargo local watch` doesn't run.
    pub async fn run(self, home: &Home) -> Result<ExitCode> {
        let functions = lambda_watch::functions(home)?;
        if functions.iter().all(|function| function.name != self.name) {
            let names: Vec<&str> = functions.iter().map(|f| f.name.as_str()).collect();
            return Err(Error::new(format!(
                "there is no function `{}`; there are: {}",
                self.name,
                names.join(", ")
            )));
        }
        let profile = home.profile(Kind::Dev);
        let running = Running::find(&profile)
            .map_err(|error| Error::new(format!("{error} (here: `cargo local watch`)")))?;
        let ports = Ports::saved(&profile.file("ports.json"))?;
        if running.address.as_deref() != Some(&crate::env::base_url(&ports, Front::LambdaWatch)) {
            return Err(Error::new(format!(
                "`{}` is running, which has no functions of their own: stop it and start `cargo local watch`",
                running.command
            )));
        }
        let tools = tools::ensure(home).await?;
        let mut program = Program::new(
            &tools.cargo_lambda,
            std::env::current_dir().unwrap_or_default(),
        )
        .args(["lambda", "invoke", &self.name])
        .args(lambda_watch::invoke_address(&ports));
        program = match (self.data, self.data_file) {
            (Some(data), _) => program.args(["--data-ascii", &data]),
            (None, Some(file)) => program.arg("--data-file").arg(file),
            (None, None) => {
                let folder = events::folder(home);
                events::write(home, &running.env, &folder).await?;
                let event = folder.join(&self.name).with_extension("json");
                program.arg("--data-file").arg(event)
            }
        };
        let status = task::run_at_terminal(&program).await?;
        Ok(if status.success() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}
