//! The functions of the shop, as their own `Cargo.toml` describes them.
//!
//! The folder `functions` is the registry: everything that needs the functions reads it here.

mod calls;

pub use self::calls::{Calls, NotAnOperation, Operation};

use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::{fs, io};

/// A function. Its folder, program, image and Dapr app id have its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Function {
    /// Lower-case letters, digits and hyphens.
    pub name: String,
    /// One sentence: what it does.
    pub description: String,
    /// The rest of its manifest.
    #[serde(flatten)]
    pub manifest: Manifest,
}

/// `[package.metadata.function]` of a function's `Cargo.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// What drives it.
    pub kind: Kind,
    /// The service that it is part of.
    pub service: Service,
    /// The port that it listens on.
    pub port: u16,
    /// Who may call it.
    #[serde(default)]
    pub ingress: Ingress,
    /// The topic whose events it handles; for event functions only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Whether it handles the dead letters of all others; for event functions only, in place of a topic.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dead_letters: bool,
    /// Whether it hosts actors whose reminders do part of its work; for event functions only.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reminds_itself: bool,
    /// The topics that it publishes to, in addition to its own dead letters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub publishes: Vec<String>,
    /// The Dapr components that it may use.
    pub uses: Vec<String>,
    /// What it calls of other functions. Container Apps cannot restrict calls, so its templates do not read it.
    #[serde(skip_serializing)]
    pub calls: Calls,
    /// The components whose store it writes directly, because Dapr only reads it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub manages: Vec<String>,
}

/// What drives a function; decides ingress, probes, scale rule and replicas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// HTTP requests.
    Http,
    /// Events of one topic, or dead letters.
    Event,
    /// Workflows, which it hosts.
    Workflow,
    /// Actors, which it hosts.
    Actor,
}

/// A service of the shop, made of several functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Service {
    /// The public API.
    Gateway,
    /// Orders and their sagas.
    Order,
    /// The stock of products.
    Inventory,
    /// Payments and the provider's key.
    Payment,
    /// Messages for customers.
    Notification,
}

/// Who may call a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ingress {
    /// Other functions, through their sidecars.
    #[default]
    Internal,
    /// Anyone.
    External,
}

/// Why the functions cannot be listed.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// A file or folder cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// The error of the library.
        source: io::Error,
    },
    /// A manifest is invalid.
    #[error("{path} is not the manifest of a function")]
    Parse {
        /// The path of the manifest.
        path: PathBuf,
        /// The error of the library.
        source: Box<toml::de::Error>,
    },
}

/// The subscription of a function to a topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Subscription {
    /// The topic.
    pub topic: String,
    /// The function.
    pub function: String,
}

impl Subscription {
    /// The topic of its dead letters.
    #[must_use]
    pub fn dead(&self) -> String {
        format!("{}-{}-dead", self.topic, self.function)
    }
}

/// The subscriptions of `functions` to the events of the shop.
#[must_use]
pub fn subscriptions(functions: &[Function]) -> Vec<Subscription> {
    let of = |function: &Function| {
        Some(Subscription {
            topic: function.manifest.topic.clone()?,
            function: function.name.clone(),
        })
    };
    functions.iter().filter_map(of).collect()
}

/// The subscriptions of `functions` to events and to dead letters.
#[must_use]
pub fn all_subscriptions(functions: &[Function]) -> Vec<Subscription> {
    let of = |function: &Function| {
        let (topics, name) = (function.topics(functions), function.name.clone());
        topics.into_iter().map(move |topic| Subscription { topic, function: name.clone() })
    };
    functions.iter().flat_map(of).collect()
}

impl Manifest {
    /// Whether it hosts actors; workflows are actors, too. Its sidecar then needs the scheduler, which wakes them.
    #[must_use]
    pub fn hosts_actors(&self) -> bool {
        matches!(self.kind, Kind::Workflow | Kind::Actor) || self.reminds_itself
    }

    /// Whether its sidecar needs placement, by which the hosts of actors are found: to host actors, or to call some.
    #[must_use]
    pub fn reaches_actors(&self) -> bool {
        let mut operations = self.calls.values().flatten();
        self.hosts_actors() || operations.any(|operation| *operation == Operation::Actors)
    }
}

impl Function {
    /// The topics whose messages it handles, in a shop of these `functions`.
    #[must_use]
    pub fn topics(&self, functions: &[Self]) -> Vec<String> {
        if self.manifest.dead_letters {
            return subscriptions(functions).iter().map(Subscription::dead).collect();
        }
        self.manifest.topic.iter().cloned().collect()
    }
}

#[derive(Deserialize)]
struct CargoToml {
    package: Package,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    description: String,
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Metadata {
    function: Manifest,
}

/// The functions below `workspace`, by name.
///
/// # Errors
/// [`ManifestError`], when a folder of `functions` has no manifest.
pub fn functions(workspace: &Path) -> Result<Vec<Function>, ManifestError> {
    let folder = workspace.join("functions");
    let unreadable = |source| ManifestError::Read { path: folder.clone(), source };
    let mut functions = Vec::new();
    for entry in fs::read_dir(&folder).map_err(unreadable)? {
        functions.push(read(entry.map_err(unreadable)?.path().join("Cargo.toml"))?);
    }
    functions.sort_by(|one: &Function, other| one.name.cmp(&other.name));
    Ok(functions)
}

fn read(path: PathBuf) -> Result<Function, ManifestError> {
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(source) => return Err(ManifestError::Read { path, source }),
    };
    match toml::from_str(&text) {
        Ok(CargoToml { package: Package { name, description, metadata } }) => {
            Ok(Function { name, description, manifest: metadata.function })
        }
        Err(source) => Err(ManifestError::Parse { path, source: Box::new(source) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_folder_of_functions_is_a_function() {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let functions = functions(&workspace).unwrap();
        let gateway = functions.iter().find(|function| function.name == "gateway").unwrap();
        assert_eq!((gateway.manifest.port, gateway.manifest.ingress), (8000, Ingress::External));
        assert!(functions.is_sorted_by_key(|function| &function.name));
    }

    #[test]
    fn a_folder_without_a_manifest_is_named() {
        let workspace = tempfile::tempdir().unwrap();
        fs::create_dir_all(workspace.path().join("functions/empty")).unwrap();
        let error = functions(workspace.path()).unwrap_err();
        assert!(error.to_string().ends_with("functions/empty/Cargo.toml"), "{error}");
    }
}
