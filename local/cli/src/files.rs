//! Small files of a profile: written whole or not at all, secret ones readable by the owner only.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Context, Error, Result};

/// Reads a JSON file; a missing file is `None`.
///
/// # Errors
/// When the file cannot be read or understood.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .context(format_args!("{} is damaged", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).context(format_args!("cannot read {}", path.display())),
    }
}

/// Writes a JSON file that only its owner may read.
///
/// # Errors
/// When the file cannot be written.
pub fn write_json(path: &Path, value: &impl Serialize) -> Result<()> {
    let mut bytes = serde_json::to_vec_pretty(value).context(format_args!("{}", path.display()))?;
    bytes.push(b'\n');
    write_private(path, &bytes)
}

/// Writes a file that only its owner may read, so that a reader sees the old text or the new one.
///
/// # Errors
/// When the file cannot be written.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    let name = path
        .file_name()
        .ok_or_else(|| Error::new(format!("{} is no file", path.display())))?;
    let fresh = path.with_file_name(format!(".{}.new", name.display()));
    let write = || -> std::io::Result<()> {
        // A left-over of an earlier crash may have other permissions.
        let _ = fs::remove_file(&fresh);
        let mut file: File = File::options()
            .create_new(true)
            .write(true)
            .mode(0o600)
            .open(&fresh)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&fresh, path)
    };
    write().context(format_args!("cannot write {}", path.display()))
}
