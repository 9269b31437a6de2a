//! The manifests of the workspace's crates.

use super::Offence;
use generate::workspace::read;
use toml::{Table, Value};

/// A crate's `Cargo.toml`.
#[derive(Debug)]
pub struct Manifest {
    path: String,
    text: String,
    table: Table,
}

impl Manifest {
    /// The manifest in `folder`.
    ///
    /// # Panics
    /// When it cannot be read.
    #[must_use]
    pub fn of(folder: &str) -> Self {
        let path = format!("{folder}/Cargo.toml");
        let text = read(&path);
        Self::new(path, text)
    }

    fn new(path: String, text: String) -> Self {
        let table = text.parse().unwrap_or_else(|error| panic!("{path}: {error}"));
        Self { path, text, table }
    }

    /// The path of the crate's folder `name`.
    #[must_use]
    pub fn folder(&self, name: &str) -> String {
        self.path.replace("Cargo.toml", name)
    }

    /// An offence, if the crate does not inherit the workspace's lints.
    #[must_use]
    pub fn own_lints(&self) -> Option<Offence> {
        let inherits = self.table.get("lints").is_some_and(inherits);
        (!inherits).then(|| self.offence("[lints]", "lacks `[lints] workspace = true`"))
    }

    /// The dependencies that are not inherited from the workspace.
    #[must_use]
    pub fn own_versions(&self) -> Vec<Offence> {
        let own = self.dependencies().filter(|(_, dependency)| !inherits(dependency));
        own.map(|(name, _)| self.offence(name, "is not inherited from the workspace")).collect()
    }

    /// The dependencies on any of `functions`.
    #[must_use]
    pub fn depends_on(&self, functions: &[String]) -> Vec<Offence> {
        let names = self.dependencies().map(|(name, _)| name);
        let found = names.filter(|name| functions.iter().any(|function| function == name));
        found.map(|name| self.offence(name, "is a function")).collect()
    }

    fn dependencies(&self) -> impl Iterator<Item = (&str, &Value)> {
        let kinds = ["dependencies", "dev-dependencies", "build-dependencies"];
        let tables = kinds.into_iter().filter_map(|kind| self.table.get(kind)?.as_table());
        tables.flatten().map(|(name, dependency)| (name.as_str(), dependency))
    }

    /// The offence in the line that starts with `what`.
    fn offence(&self, what: &str, wrong: &str) -> Offence {
        let line = self.text.lines().position(|line| line.starts_with(what)).unwrap_or_default();
        Offence { path: self.path.clone(), line: line + 1, text: format!("{what} {wrong}") }
    }
}

fn inherits(value: &Value) -> bool {
    value.get("workspace").and_then(Value::as_bool).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_that_differs_from_the_workspace_is_found() {
        let text = "[dependencies]\na.workspace = true\nb = \"1\"\n[dev-dependencies]\n\
            c = { workspace = true, features = [\"x\"] }\n[lints.rust]\nunsafe_code = \"allow\"\n";
        let manifest = Manifest::new("a/Cargo.toml".to_owned(), text.to_owned());
        let found: Vec<_> = manifest.own_versions().iter().map(ToString::to_string).collect();
        assert_eq!(found, ["a/Cargo.toml:3: b is not inherited from the workspace"]);
        assert!(manifest.own_lints().is_some());
        assert_eq!(manifest.depends_on(&["a".to_owned(), "d".to_owned()])[0].line, 2);
    }
}
