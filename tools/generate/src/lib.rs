//! The files that are generated from the functions' manifests, the components and the code.
//!
//! The program of this crate writes them; tests compare them with the committed ones.

pub mod aks;
pub mod azure;
pub mod calls;
pub mod components;
pub mod openapi;
pub mod readme;
pub mod run_file;
pub mod scaffold;
pub mod schemas;
pub mod scripts;
pub mod settings;
pub mod subscriptions;
pub mod workspace;

use self::workspace::{functions, read};

/// The folders whose files are all generated.
pub const FOLDERS: [&str; 2] = [aks::FOLDER, schemas::FOLDER];

/// A generated file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generated {
    /// The file's path from the workspace's root.
    pub path: String,
    /// The file's content.
    pub text: String,
}

impl Generated {
    /// The file at `path` with the content `text`.
    pub(crate) fn new(path: impl Into<String>, text: String) -> Self {
        Self { path: path.into(), text }
    }
}

/// Every generated file.
///
/// # Panics
/// When a file that they are made of cannot be read.
#[must_use]
pub fn all() -> Vec<Generated> {
    let functions = functions();
    let mut files = vec![
        Generated::new("dapr.yaml", run_file::run_file(&functions)),
        Generated::new("README.md", readme::with_table(&read("README.md"), &functions)),
    ];
    let local = components::components(components::FOLDER);
    files.extend(components::scoped(&local, &functions));
    files.extend(azure::generated(&components::components(azure::FOLDER), &functions));
    files.extend(aks::manifests(&functions));
    files.push(scripts::functions_tsv(&functions));
    files.push(settings::page(&functions));
    files.extend(subscriptions::files(&functions));
    files.extend(schemas::schemas());
    files.extend(openapi::files());
    files
}
