//! The files of the workspace.

use local::manifest::{self, Function};
use std::path::PathBuf;
use std::{env, fs};

/// The workspace's root: that of the folder in which Cargo runs the tests, not of the one in which they were
/// built, which may be another clone with the same target folder.
///
/// # Panics
/// When it runs outside of a workspace.
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
    manifest::functions(&root()).expect("every folder of functions contains a manifest")
}

/// The text of the file at `path`, relative to the root.
///
/// # Panics
/// When it cannot be read.
#[must_use]
pub fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The files below a folder, by path, relative to the root, except hidden ones and `target`.
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
