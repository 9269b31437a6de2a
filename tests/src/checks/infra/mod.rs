//! What runs on Azure: whether the Bicep files, the components and the functions fit together.
//!
//! Nothing here needs Azure or a Bicep compiler: [`checker`] asks one where there is one.

pub mod apps;
pub mod checker;
pub mod components;
pub mod fit;
pub mod metadata;
pub mod mistakes;
pub mod modules;
pub mod roles;
pub mod rotation;
pub mod text;

use generate::workspace;
use local::manifest::Function;
use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

/// The folders that the checks read.
const FOLDERS: [&str; 3] = ["components", "infra", "shared/src"];

/// The files that matter, by path from the workspace's root, and the functions.
#[derive(Debug, Clone)]
pub struct Tree {
    files: BTreeMap<String, String>,
    /// The functions, by name.
    pub functions: Vec<Function>,
}

/// Something that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The check that found it.
    pub check: &'static str,
    /// What it is.
    pub what: String,
}

/// A check: what it finds wrong.
type Check = fn(&Tree) -> Vec<String>;

/// Every check, with its name.
const CHECKS: [(&str, Check); 25] = [
    ("functions.json is current", components::stale_functions),
    ("components.json is current", components::stale_components),
    ("scopes are current", components::stale_scopes),
    ("components are those of components/local", components::other_names),
    ("components keep what they keep locally", components::other_promises),
    ("component metadata is known to Dapr", metadata::unknown_keys),
    ("component values have a source", metadata::unknown_values),
    ("components hold no credentials", metadata::credentials),
    ("components reach Azure by their identity", metadata::unidentified),
    ("names fit Azure's limits", fit::long_names),
    ("replicas fit the kind", apps::wrong_replicas),
    ("scale rules fit the kind", apps::wrong_rules),
    ("apps have what functions need", apps::wrong_apps),
    ("settings are those that functions read", apps::unknown_settings),
    ("every function is looped over", modules::missing_loops),
    ("messages have where to go", modules::wrong_messaging),
    ("state is where Dapr looks for it", modules::wrong_state),
    ("roles are the least", roles::wrong_roles),
    ("no deployment overwrites a rotated key", rotation::overwritten_keys),
    ("who manages secrets is told and may write", rotation::untold_managers),
    ("local authentication is off", modules::open_doors),
    ("outputs hold no secrets", fit::told_secrets),
    ("parameters are described", fit::undescribed_parameters),
    ("previews are few and explained", fit::unexplained_previews),
    ("queries look for what is logged", fit::unknown_queries),
];

impl Tree {
    /// The workspace's own.
    ///
    /// # Panics
    /// When a file cannot be read.
    #[must_use]
    pub fn read() -> Self {
        let paths = FOLDERS.iter().flat_map(|folder| workspace::files(folder));
        let files = paths.map(|path| (path.clone(), workspace::read(&path))).collect();
        Self { files, functions: workspace::functions() }
    }

    /// The text of the file at `path`; nothing, when there is none.
    #[must_use]
    pub fn text(&self, path: &str) -> &str {
        self.files.get(path).map_or("", String::as_str)
    }

    /// The files below `folder` whose names end with `ending`, with their texts.
    pub fn files(&self, folder: &str, ending: &str) -> impl Iterator<Item = (&str, &str)> {
        let below = move |path: &str| path.starts_with(folder) && path.ends_with(ending);
        let files = self.files.iter().map(|(path, text)| (path.as_str(), text.as_str()));
        files.filter(move |(path, _)| below(path))
    }

    /// Puts `text` into the file at `path`.
    pub fn put(&mut self, path: &str, text: String) {
        self.files.insert(path.to_owned(), text);
    }

    /// Brings what is generated for Azure up to date.
    pub fn generate(&mut self) {
        for file in components::generated(self) {
            self.put(&file.path, file.text);
        }
    }

    /// Writes the files that Azure's tools read below `folder`.
    ///
    /// # Errors
    /// When one cannot be written.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        for (path, text) in self.files.iter().filter(|(path, _)| !path.starts_with("shared")) {
            let file = folder.join(path);
            fs::create_dir_all(file.parent().unwrap_or(folder))?;
            fs::write(file, text)?;
        }
        Ok(())
    }

    /// What does not fit.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        let found = |(check, run): (&'static str, Check)| {
            run(self).into_iter().map(move |what| Finding { check, what })
        };
        CHECKS.into_iter().flat_map(found).collect()
    }
}
