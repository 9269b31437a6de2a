//! The workspace on disk.

use local::manifest::{self, Function};
use std::path::PathBuf;
use std::{env, fs};

/// The folder that holds everything: the one that Cargo runs the tests in, and not the one that they
/// were built in, which a shared target folder may have from another clone.
///
/// # Panics
/// When the tests run elsewhere.
#[must_use]
pub fn root() -> PathBuf {
    let here = env::current_dir().expect("tests run in an existing folder");
    let root = here.ancestors().find(|folder| folder.join("functions").is_dir());
    root.expect("tests run in the workspace").to_owned()
}

/// The functions, by name.
///
/// # Panics
/// When a manifest cannot be read.
#[must_use]
pub fn functions() -> Vec<Function> {
    manifest::functions(&root()).expect("every folder of functions holds a manifest")
}

/// The text of a file, given by its path from the root.
///
/// # Panics
/// When it cannot be read.
#[must_use]
pub fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The files below a folder, by path, both from the root. Hidden and built ones are left out.
///
/// # Panics
/// When a folder cannot be read.
#[must_use]
pub fn files(folder: &str) -> Vec<String> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(root().join(&folder));
        for entry in entries.unwrap_or_else(|error| panic!("{folder}: {error}")) {
            let entry = entry.expect("a folder that opened can be read");
            let name = entry.file_name().into_string().expect("paths here are text");
            let path = format!("{folder}/{name}");
            match entry.file_type().expect("an entry has a type").is_dir() {
                _ if name.starts_with('.') || name == "target" => {}
                true => folders.push(path),
                false => files.push(path),
            }
        }
    }
    files.sort();
    files
}
