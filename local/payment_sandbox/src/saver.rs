//! Keeps the state file up to date: one writer, which takes whatever has changed since its last write, so that many
//! payments at once cost one write.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use crate::store::Store;

/// After a failed write the next attempt comes by itself: nobody may change anything meanwhile.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// How far the file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Saved {
    version: u64,
    ok: bool,
}

/// The way to the writer; when it is dropped, the writer ends.
pub(crate) struct Saver {
    changed: watch::Sender<u64>,
    saved: watch::Receiver<Saved>,
}

impl Saver {
    /// Starts the writer; what `store` holds now is in the file already.
    pub(crate) fn start(path: PathBuf, store: Arc<Mutex<Store>>) -> Saver {
        let version = lock(&store).version;
        let (changed, mut changes) = watch::channel(version);
        let (done, saved) = watch::channel(Saved { version, ok: true });
        tokio::spawn(async move {
            while changes.changed().await.is_ok() {
                while !write(&path, &store, &done).await && changes.has_changed().is_ok() {
                    tokio::time::sleep(RETRY_PAUSE).await;
                }
            }
        });
        Saver { changed, saved }
    }

    /// Asks for a write.
    pub(crate) fn change(&self, version: u64) {
        self.changed.send_replace(version);
    }

    /// Waits until `version` is in the file; false when it could not be written.
    pub(crate) async fn saved(&self, version: u64) -> bool {
        let mut saved = self.saved.clone();
        let reached = saved.wait_for(|saved| saved.version >= version).await;
        reached.is_ok_and(|saved| saved.ok)
    }
}

async fn write(path: &Path, store: &Mutex<Store>, done: &watch::Sender<Saved>) -> bool {
    let (version, json) = {
        let store = lock(store);
        (store.version, serde_json::to_vec(&*store))
    };
    let path = path.to_owned();
    let written = tokio::task::spawn_blocking(move || {
        json.map_err(io::Error::from)
            .and_then(|json| replace(&path, &json))
    });
    let written = written.await.map_err(io::Error::other).flatten();
    if let Err(error) = &written {
        tracing::error!(%error, "the state file cannot be written");
    }
    let ok = written.is_ok();
    done.send_replace(Saved { version, ok });
    ok
}

fn lock(store: &Mutex<Store>) -> MutexGuard<'_, Store> {
    store.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Replaces the file as a whole: a crash leaves the old one or the new one, never half of either.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut fresh = path.as_os_str().to_owned();
    fresh.push(".new");
    let mut file = File::create(&fresh)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&fresh, path)
}
