//! Azure: whether the Bicep files, the components and the functions are consistent.
//!
//! Nothing here needs Azure. Bicep is checked as [`compiler`] expands it; where there is no compiler, the
//! committed snapshots are checked.

pub mod alerts;
pub mod apps;
pub mod compiler;
pub mod components;
pub mod detection;
pub mod fit;
pub mod kusto;
pub mod metadata;
pub mod mutations;
pub mod roles;
pub mod rotation;
pub mod snapshot;
pub mod state;
pub mod target;
pub mod text;

use compiler::Compiled;
use generate::workspace;
use local::manifest::Function;
use serde_json::Value;
use snapshot::Snapshot;
use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

/// The folders that the checks read.
const FOLDERS: [&str; 3] = ["components", "infra", "shared/src"];

/// The files of `FOLDERS`, by path from the workspace's root, and the functions.
#[derive(Debug, Clone)]
pub struct Tree {
    files: BTreeMap<String, String>,
    /// The functions, by name.
    pub functions: Vec<Function>,
}

/// An inconsistency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The check that found it, as `SOURCE`, `SNAPSHOT` and `TEMPLATE` name it.
    pub check: &'static str,
    /// A description.
    pub what: String,
}

/// A check of this project's own files.
type SourceCheck = fn(&Tree) -> Vec<String>;

/// A check of the resources of a deployment.
type SnapshotCheck = fn(&Tree, &Snapshot) -> Vec<String>;

/// A check of the compiled template.
type TemplateCheck = fn(&Value) -> Vec<String>;

const SOURCE: [(&str, SourceCheck); 14] = [
    ("functions.json is current", components::stale_functions),
    ("components.json is current", components::stale_components),
    ("scopes are current", components::stale_scopes),
    ("components are those of components/local", components::mismatched_names),
    ("components match their local properties", components::mismatched_properties),
    ("component metadata is known to Dapr", metadata::unknown_keys),
    ("components hold no credentials", metadata::credentials),
    ("components reach Azure by their identity", metadata::unidentified),
    ("names fit Azure's limits", fit::wrong_names),
    ("messages have a destination", state::unnamed_dead_letters),
    ("state is stored where Dapr reads it", state::weak_reads),
    ("stored data has a stated lifetime", state::missing_lifetimes),
    ("roles are least-privilege", roles::misnamed_keys),
    ("queries match what is logged", alerts::unlogged_words),
];

const SNAPSHOT: [(&str, SnapshotCheck); 18] = [
    ("component values have a source", metadata::unknown_values),
    ("names fit Azure's limits", fit::long_names),
    ("every function is deployed", apps::missing_loops),
    ("replicas fit the kind", apps::wrong_replicas),
    ("scale rules fit the kind", apps::wrong_rules),
    ("apps have what functions need", apps::wrong_apps),
    ("settings are read by functions", apps::unknown_settings),
    ("messages have a destination", state::wrong_messaging),
    ("state is stored where Dapr reads it", state::wrong_state),
    ("roles are least-privilege", roles::wrong_roles),
    ("no deployment overwrites a rotated key", rotation::overwritten_keys),
    ("managers of secrets are notified and may write", rotation::unnotified_managers),
    ("local authentication is disabled", state::local_authentication),
    ("audit logs are collected", state::unaudited),
    ("preview versions are justified", fit::previews),
    ("deployments are repeatable", fit::not_repeatable),
    ("queries are used", alerts::unused_queries),
    ("alerts refer to what exists", alerts::ineffective_alerts),
];

const TEMPLATE: [(&str, TemplateCheck); 3] = [
    ("outputs hold no secrets", fit::exposed_secrets),
    ("parameters are described", fit::undescribed_parameters),
    ("deployments are repeatable", fit::changing_values),
];

impl Tree {
    /// The files of the workspace.
    ///
    /// # Panics
    /// When a file cannot be read.
    #[must_use]
    pub fn read() -> Self {
        let paths = FOLDERS.iter().flat_map(|folder| workspace::files(folder));
        let files = paths.map(|path| (path.clone(), workspace::read(&path))).collect();
        Self { files, functions: workspace::functions() }
    }

    /// The text of the file at `path`; empty when there is none.
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

    /// Replaces the text of the file at `path`.
    pub fn put(&mut self, path: &str, text: String) {
        self.files.insert(path.to_owned(), text);
    }

    /// Updates the files that are generated for Azure.
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
        let read = |path: &str| path.starts_with("infra/") && !path.starts_with("infra/snapshots/");
        for (path, text) in self.files.iter().filter(|(path, _)| read(path)) {
            let file = folder.join(path);
            fs::create_dir_all(file.parent().unwrap_or(folder))?;
            fs::write(file, text)?;
        }
        Ok(())
    }

    /// The findings in this project's own files.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        SOURCE.into_iter().flat_map(|(check, run)| named(check, run(self))).collect()
    }

    /// The findings in the compiled files.
    #[must_use]
    pub fn compiled_findings(&self, compiled: &Compiled) -> Vec<Finding> {
        let mut findings = Vec::new();
        for snapshot in &compiled.snapshots {
            let found = |(check, run): (_, SnapshotCheck)| named(check, run(self, snapshot));
            findings.extend(SNAPSHOT.into_iter().flat_map(found));
        }
        if !compiled.template.is_null() {
            let found = |(check, run): (_, TemplateCheck)| named(check, run(&compiled.template));
            findings.extend(TEMPLATE.into_iter().flat_map(found));
        }
        findings
    }
}

fn named(check: &'static str, found: Vec<String>) -> impl Iterator<Item = Finding> {
    found.into_iter().map(move |what| Finding { check, what })
}
