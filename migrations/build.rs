//! Embeds the functions of the databases, one to a file in `DATABASE/functions`. A new SQL file is only seen when the
//! crate is built again, here as with the migrations: the macro tracks the files it found, not the folder.

use std::fmt::Write;
use std::path::Path;
use std::{env, fs, io};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = env::var("CARGO_MANIFEST_DIR")?;
    let out = env::var("OUT_DIR")?;
    for database in ["auth", "loyalty"] {
        println!("cargo:rerun-if-changed={database}");
        let list = functions(&Path::new(&root).join(database).join("functions"))?;
        fs::write(
            Path::new(&out).join(format!("{database}_functions.rs")),
            list,
        )?;
    }
    Ok(())
}

/// An array of the functions in a folder, by their names; empty when there is no such folder.
fn functions(folder: &Path) -> Result<String, Box<dyn std::error::Error>> {
    let mut files = match fs::read_dir(folder) {
        Ok(entries) => entries
            .map(|entry| Ok(entry?.path()))
            .collect::<io::Result<Vec<_>>>()?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => vec![],
        Err(error) => return Err(error.into()),
    };
    files.retain(|file| file.extension().is_some_and(|extension| extension == "sql"));
    files.sort();
    let mut list = String::from("&[");
    for file in files {
        let name = file.file_stem().unwrap_or_default();
        write!(
            list,
            "Function {{ name: {name:?}, sql: include_str!({file:?}) }},"
        )?;
    }
    list.push(']');
    Ok(list)
}
