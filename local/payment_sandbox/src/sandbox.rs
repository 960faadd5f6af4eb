//! The running sandbox: settings, payments, and what happens after each change.

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use std::{fs, io};

use domain::{Clock, Random};

use crate::error::ApiError;
use crate::saver::Saver;
use crate::settings::Settings;
use crate::store::Store;

/// How long a receiver of webhooks may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// Why the sandbox does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The state file's folder cannot be made.
    #[error("the folder of the state file cannot be made: {0}")]
    Folder(#[source] io::Error),
    /// The state file cannot be read.
    #[error("the state file cannot be read: {0}")]
    Read(#[source] io::Error),
    /// The state file is not ours.
    #[error("the state file makes no sense; delete it to start afresh: {0}")]
    Parse(#[source] serde_json::Error),
    /// The client that sends webhooks cannot start.
    #[error("the HTTP client cannot start: {0}")]
    Client(#[source] reqwest::Error),
}

/// The sandbox; clones are the same one. Its background work ends with the last clone.
#[derive(Clone)]
pub struct Sandbox(Arc<Inner>);

pub(crate) type WeakSandbox = Weak<Inner>;

pub(crate) struct Inner {
    settings: Settings,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    store: Arc<Mutex<Store>>,
    saver: Option<Saver>,
    http: reqwest::Client,
    /// The webhooks under way, by number, so that none is sent twice.
    sending: Mutex<HashSet<u64>>,
}

impl Sandbox {
    /// Loads the state file, if there is one, and starts the background work: call it inside a Tokio runtime.
    ///
    /// # Errors
    /// [`StartError`] when the state file is unusable.
    pub fn start(
        settings: Settings,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Sandbox, StartError> {
        if let Some(folder) = settings.state_file.as_deref().and_then(Path::parent) {
            fs::create_dir_all(folder).map_err(StartError::Folder)?;
        }
        let store = match settings.state_file.as_deref().map(fs::read) {
            None => Store::default(),
            Some(Err(error)) if error.kind() == io::ErrorKind::NotFound => Store::default(),
            Some(Err(error)) => return Err(StartError::Read(error)),
            Some(Ok(bytes)) => Store::from_json(&bytes).map_err(StartError::Parse)?,
        };
        let store = Arc::new(Mutex::new(store));
        let saver = settings
            .state_file
            .clone()
            .map(|path| Saver::start(path, Arc::clone(&store)));
        let sandbox = Sandbox(Arc::new(Inner {
            http: client().map_err(StartError::Client)?,
            settings,
            clock,
            random,
            store,
            saver,
            sending: Mutex::default(),
        }));
        sandbox.start_sweeping();
        // What a previous run did not get to announce.
        sandbox.announce();
        Ok(sandbox)
    }

    pub(crate) fn upgrade(weak: &WeakSandbox) -> Option<Sandbox> {
        weak.upgrade().map(Sandbox)
    }

    pub(crate) fn downgrade(&self) -> WeakSandbox {
        Arc::downgrade(&self.0)
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.0.clock
    }

    pub(crate) fn random(&self) -> &dyn Random {
        &*self.0.random
    }

    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        self.0.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn sending(&self) -> MutexGuard<'_, HashSet<u64>> {
        self.0
            .sending
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.0.http
    }

    /// Works on the payments; if that changed anything, saves it and sends what is to be announced. `None` when it could
    /// not be saved.
    pub(crate) async fn change<T>(&self, work: impl FnOnce(&mut Store) -> T) -> Option<T> {
        let (result, before, after) = {
            let mut store = self.store();
            let before = store.version;
            let result = work(&mut store);
            (result, before, store.version)
        };
        if let Some(saver) = &self.0.saver {
            if after != before {
                saver.change(after);
            }
            // Also after a mere look: what is shown must not be lost by a crash.
            if !saver.saved(after).await {
                return None;
            }
        }
        if after != before {
            self.announce();
        }
        Some(result)
    }

    /// The same for work that the API may refuse.
    pub(crate) async fn attempt<T>(
        &self,
        work: impl FnOnce(&mut Store) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        self.change(work).await.unwrap_or(Err(ApiError::FAILURE))
    }
}

/// The client that sends webhooks.
fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .timeout(ANSWER_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        // The receiver is on this machine or in this compose network.
        .no_proxy()
        .build()
}
