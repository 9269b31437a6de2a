//! The components' `scopes`: the functions that may reach them.

use crate::workspace::{files, read};
use local::manifest::Function;
use serde_norway::Value;

/// The folder of the Dapr components for this machine.
pub const FOLDER: &str = "components/local";

/// A Dapr component, as its file describes it.
#[derive(Debug)]
pub struct Component {
    /// The file's path.
    pub path: String,
    /// The file's name without its ending.
    pub name: String,
    /// The file.
    pub text: String,
    /// The file, parsed.
    pub yaml: Value,
}

impl Component {
    /// Whether actors and workflows keep their state in it.
    #[must_use]
    pub fn keeps_actors(&self) -> bool {
        let settings = self.yaml["spec"]["metadata"].as_sequence().into_iter().flatten();
        settings.into_iter().any(|setting| setting["name"] == "actorStateStore")
    }

    /// The file's text with the scopes that the functions' manifests ask for.
    #[must_use]
    pub fn scoped(&self, functions: &[Function]) -> String {
        let users = functions.iter().filter(|function| function.manifest.uses.contains(&self.name));
        with_scopes(&self.text, users.map(|function| function.name.as_str()))
    }
}

/// The components, by name.
///
/// # Panics
/// When one cannot be read.
#[must_use]
pub fn components() -> Vec<Component> {
    let read = |path: String| {
        let text = read(&path);
        let yaml = serde_norway::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
        let name = path.trim_start_matches(FOLDER).trim_matches('/').replace(".yaml", "");
        Component { path, name, text, yaml }
    };
    files(FOLDER).into_iter().map(read).filter(|file| file.yaml["kind"] == "Component").collect()
}

/// `text` with its list `scopes` replaced.
fn with_scopes<'a>(text: &str, users: impl Iterator<Item = &'a str>) -> String {
    let mut rest = text.lines();
    let before = rest.by_ref().take_while(|line| !line.starts_with("scopes:"));
    let mut lines: Vec<_> = before.map(str::to_owned).collect();
    lines.push("scopes:".to_owned());
    lines.extend(users.map(|user| format!("  - {user}")));
    lines.extend(rest.skip_while(|line| line.starts_with([' ', '-'])).map(str::to_owned));
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_alone_are_replaced() {
        let text = "kind: Component\nscopes:\n  - gone\n  - stays\nauth: {}\n";
        let scoped = with_scopes(text, ["new", "stays"].into_iter());
        assert_eq!(scoped, "kind: Component\nscopes:\n  - new\n  - stays\nauth: {}\n");
    }

    #[test]
    fn scopes_are_added_where_there_are_none() {
        let scoped = with_scopes("kind: Component\n", ["new"].into_iter());
        assert_eq!(scoped, "kind: Component\nscopes:\n  - new\n");
    }
}
