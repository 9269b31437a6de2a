//! The components' `scopes`, the functions that may use them, and `publishingScopes`, the topics that each
//! of those may publish to.

use crate::Generated;
use crate::workspace::{files, read};
use local::manifest::Function;
use serde_norway::Value;

/// The folder of the local Dapr components.
pub const FOLDER: &str = "components/local";

/// The setting with the topics that each function may publish to
/// ([Dapr](https://docs.dapr.io/developing-applications/building-blocks/pubsub/pubsub-scopes/)).
pub const PUBLISHING: &str = "publishingScopes";

/// A Dapr component, as its file describes it.
#[derive(Debug)]
pub struct Component {
    /// The file's path.
    pub path: String,
    /// The file's name without its ending.
    pub name: String,
    /// The file's text.
    pub text: String,
    /// The file's content.
    pub yaml: Value,
}

impl Component {
    /// Whether actors and workflows store their state in it.
    #[must_use]
    pub fn keeps_actors(&self) -> bool {
        let settings = self.yaml["spec"]["metadata"].as_sequence().into_iter().flatten();
        settings.into_iter().any(|setting| setting["name"] == "actorStateStore")
    }

    /// The file's text with the scopes from the functions' manifests.
    #[must_use]
    pub fn scoped(&self, functions: &[Function]) -> String {
        let text = with_publishing(&self.text, &self.publishing(functions));
        with_scopes(&text, self.users(functions).into_iter())
    }

    /// The settings with the publishing scopes from the functions' manifests.
    #[must_use]
    pub fn settings(&self, functions: &[Function]) -> Value {
        let mut settings = self.yaml["spec"]["metadata"].clone();
        for setting in settings.as_sequence_mut().into_iter().flatten() {
            if setting["name"] == PUBLISHING {
                setting["value"] = self.publishing(functions).join("; ").into();
            }
        }
        settings
    }

    /// The topics that each of its functions may publish to: those in its manifest, and its dead letters.
    #[must_use]
    pub fn publishing(&self, functions: &[Function]) -> Vec<String> {
        let users = functions.iter().filter(|function| function.manifest.uses.contains(&self.name));
        users.map(|function| format!("{}={}", function.name, self.topics(function))).collect()
    }

    fn topics(&self, function: &Function) -> String {
        let (manifest, mut topics) = (&function.manifest, function.manifest.publishes.clone());
        if let Some(topic) = &manifest.topic {
            topics.push(format!("{topic}-{}-dead", function.name));
            // Locally, nothing else publishes the expiry of a secret.
            if self.path.starts_with(FOLDER) && !manifest.manages.is_empty() {
                topics.push(topic.clone());
            }
        }
        topics.join(",")
    }

    /// The names of the functions that use it: its scopes.
    #[must_use]
    pub fn users<'a>(&self, functions: &'a [Function]) -> Vec<&'a str> {
        let users = functions.iter().filter(|function| function.manifest.uses.contains(&self.name));
        users.map(|function| function.name.as_str()).collect()
    }

    /// The component in the file at `path`, whose name is the component's.
    ///
    /// # Panics
    /// When it is not YAML.
    #[must_use]
    pub fn parse(path: &str, text: &str) -> Self {
        let yaml = serde_norway::from_str(text).unwrap_or_else(|error| panic!("{path}: {error}"));
        let file = path.rsplit('/').next().unwrap_or(path);
        let name = file.trim_end_matches(".yaml").to_owned();
        Self { path: path.to_owned(), name, text: text.to_owned(), yaml }
    }
}

/// The components in `folder`, by name.
///
/// # Panics
/// When one cannot be read.
#[must_use]
pub fn components(folder: &str) -> Vec<Component> {
    let parsed = files(folder).into_iter().map(|path| Component::parse(&path, &read(&path)));
    parsed.filter(|file| file.yaml["kind"] == "Component").collect()
}

/// The files of `components` with the scopes from the functions' manifests.
pub fn scoped(components: &[Component], functions: &[Function]) -> impl Iterator<Item = Generated> {
    components.iter().map(|it| Generated::new(it.path.as_str(), it.scoped(functions)))
}

/// `text` with the value of its setting `publishingScopes` replaced, if it has one.
fn with_publishing(text: &str, scopes: &[String]) -> String {
    let mut rest = text.lines();
    let is_it = |line: &&str| line.trim() == format!("- name: {PUBLISHING}");
    let Some(at) = text.lines().position(|line| is_it(&line)) else { return text.to_owned() };
    let mut lines: Vec<_> = rest.by_ref().take(at + 1).map(str::to_owned).collect();
    lines.push("      value: >-".to_owned());
    lines.push(format!("        {}", scopes.join(";\n        ")));
    lines.extend(rest.skip_while(|line| line.starts_with("      ")).map(str::to_owned));
    lines.join("\n") + "\n"
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
    fn only_scopes_are_replaced() {
        let text = "kind: Component\nscopes:\n  - gone\n  - stays\nauth: {}\n";
        let scoped = with_scopes(text, ["new", "stays"].into_iter());
        assert_eq!(scoped, "kind: Component\nscopes:\n  - new\n  - stays\nauth: {}\n");
    }

    #[test]
    fn publishing_scopes_are_replaced_where_they_are_set() {
        let old = "metadata:\n    - name: publishingScopes\n      value: >-\n        gone=x;\n        b=y\n    - name: z\n";
        let scopes = ["a=x".to_owned(), "b=".to_owned()];
        let new = with_publishing(old, &scopes);
        let value = "      value: >-\n        a=x;\n        b=\n";
        assert_eq!(new, format!("metadata:\n    - name: publishingScopes\n{value}    - name: z\n"));
        assert_eq!(with_publishing("kind: Component\n", &scopes), "kind: Component\n");
    }

    #[test]
    fn scopes_are_added_where_there_are_none() {
        let scoped = with_scopes("kind: Component\n", ["new"].into_iter());
        assert_eq!(scoped, "kind: Component\nscopes:\n  - new\n");
    }
}
