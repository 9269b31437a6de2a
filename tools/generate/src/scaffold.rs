//! The scaffold of a function: a manifest, and a conforming program of its kind.

use crate::workspace::{functions, read, root};
use crate::{azure, components};
use clap::{Args, ValueEnum};
use local::manifest::Service;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::Error as Unknown;
use std::process::Command;
use std::{fs, io};

/// The first port for new functions. The ports of the other functions and of stand-ins are below.
const FIRST_PORT: u16 = 8100;

/// The store that is copied for a new actor.
const TEMPLATE_STORE: &str = "stock-store";

/// The options of `generate new`.
#[derive(Debug, Args)]
pub struct New {
    /// Its name: lower-case letters, digits and hyphens, at most 32, with a letter first.
    #[arg(value_parser = name)]
    pub name: String,
    /// What drives it.
    #[arg(long)]
    pub kind: Kind,
    /// The service that it is part of, such as `order`.
    #[arg(long, value_parser = service)]
    pub service: String,
    /// One sentence: what it does.
    #[arg(long, value_parser = sentence)]
    pub description: String,
    /// The topic whose events it handles; required for event functions, and not for others.
    #[arg(long, required_if_eq("kind", "event"))]
    pub topic: Option<Topic>,
    /// The components that it uses, in addition to those that its kind needs.
    #[arg(long, value_delimiter = ',')]
    pub uses: Vec<String>,
}

/// What drives a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Requests.
    Http,
    /// Events of one topic.
    Event,
    /// Calls of the actors that it hosts.
    Actor,
}

/// A topic of the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Topic {
    /// What happens to orders.
    Orders,
    /// What happens to payments.
    Payments,
    /// Messages for customers.
    Notifications,
}

/// Why a function is not created.
#[derive(Debug, thiserror::Error)]
pub enum ScaffoldError {
    /// A file or folder of that name exists.
    #[error("{0} exists already: choose another name")]
    Exists(String),
    /// The options contradict each other.
    #[error("{0}")]
    Misused(&'static str),
    /// There is no such component.
    #[error("there is no component {0} in components/local")]
    UnknownComponent(String),
    /// Every port is taken.
    #[error("every port from {FIRST_PORT} to 8999 is taken")]
    NoPort,
    /// A file cannot be written, or Cargo cannot be run.
    #[error("the folder cannot be created")]
    Io(#[from] io::Error),
    /// Cargo failed to update `Cargo.lock` or to format the function.
    #[error("`cargo {0}` failed, see above")]
    Cargo(String),
}

/// Creates the folder, an actor's store, and the entry in `Cargo.lock`.
///
/// # Errors
/// When it exists or the options are invalid: then nothing was written. When a file cannot be written, or
/// Cargo fails.
pub fn make(new: &New) -> Result<(), ScaffoldError> {
    let folder = format!("functions/{}", new.name);
    if root().join(&folder).exists() {
        return Err(ScaffoldError::Exists(folder));
    }
    if new.kind != Kind::Event && new.topic.is_some() {
        return Err(ScaffoldError::Misused("--topic is for --kind event only"));
    }
    let uses = uses(new)?;
    let manifest = manifest(new, port()?, &uses);
    if new.kind == Kind::Actor {
        make_store(&store(new))?;
    }
    fs::create_dir_all(root().join(&folder).join("src"))?;
    write(&format!("{folder}/Cargo.toml"), &manifest)?;
    write(&format!("{folder}/src/main.rs"), &main_of(new))?;
    cargo(&["update", "--workspace", "--offline", "--quiet"])?;
    // Line breaks depend on the length of the name.
    cargo(&["fmt", "--package", &new.name])
}

fn cargo(arguments: &[&str]) -> Result<(), ScaffoldError> {
    let ended = Command::new("cargo").args(arguments).current_dir(root()).status()?;
    if ended.success() { Ok(()) } else { Err(ScaffoldError::Cargo(arguments.join(" "))) }
}

/// The components that its kind needs, and those in the options.
fn uses(new: &New) -> Result<Vec<String>, ScaffoldError> {
    let there = components::components(components::FOLDER);
    let unknown = |name: &&String| !there.iter().any(|component| component.name == **name);
    if let Some(name) = new.uses.iter().find(unknown) {
        return Err(ScaffoldError::UnknownComponent(name.clone()));
    }
    let own = match new.kind {
        Kind::Http => None,
        Kind::Event => Some("pubsub".to_owned()),
        Kind::Actor => Some(store(new)),
    };
    let mut uses: Vec<_> = new.uses.iter().cloned().chain(own).collect();
    uses.sort();
    uses.dedup();
    Ok(uses)
}

/// The name of an actor's store.
fn store(new: &New) -> String {
    format!("{}-store", new.name)
}

/// The first free port.
fn port() -> Result<u16, ScaffoldError> {
    let taken: Vec<_> = functions().into_iter().map(|function| function.manifest.port).collect();
    (FIRST_PORT..9000).find(|port| !taken.contains(port)).ok_or(ScaffoldError::NoPort)
}

fn manifest(new: &New, port: u16, uses: &[String]) -> String {
    let uses: Vec<_> = uses.iter().map(|name| format!("\"{name}\"")).collect();
    let topic = new.topic.map(|topic| format!("topic = \"{}\"\n", word(&topic)));
    let (needs, tests_need): (&[_], &[_]) = match new.kind {
        Kind::Http => (&["axum", "serde", "shared", "tokio"], &["serde_json"]),
        Kind::Event => (&["axum", "shared", "tokio", "tracing"], &["serde_json"]),
        Kind::Actor => (&["axum", "serde_json", "shared", "tokio"], &[]),
    };
    let lines = |names: &[&str]| {
        let lines: Vec<_> = names.iter().map(|name| format!("{name}.workspace = true\n")).collect();
        lines.concat()
    };
    filled(include_str!("../templates/Cargo.toml.tmpl"), new)
        .replace("{kind}", &word(&new.kind))
        .replace("{service}", &new.service)
        .replace("{port}", &port.to_string())
        .replace("{uses}", &uses.join(", "))
        .replace("{topic}", &topic.unwrap_or_default())
        .replace("{dependencies}", &lines(needs))
        .replace("{dev-dependencies}", &lines(tests_need))
}

fn main_of(new: &New) -> String {
    let text = match new.kind {
        Kind::Http => include_str!("../templates/http.rs.tmpl"),
        Kind::Event => include_str!("../templates/event.rs.tmpl"),
        Kind::Actor => include_str!("../templates/actor.rs.tmpl"),
    };
    let topic = new.topic.as_ref().map(word).unwrap_or_default();
    let variant = new.topic.map(|topic| format!("{topic:?}")).unwrap_or_default();
    filled(text, new).replace("{topic}", &topic).replace("{Topic}", &variant)
}

fn filled(text: &str, new: &New) -> String {
    text.replace("{name}", &new.name).replace("{description}", &new.description)
}

/// Creates a store for actors as a copy of an existing one, locally and on Azure.
fn make_store(name: &str) -> Result<(), ScaffoldError> {
    let paths = [components::FOLDER, azure::FOLDER].map(|folder| format!("{folder}/{name}.yaml"));
    if let Some(path) = paths.iter().find(|path| root().join(path).exists()) {
        return Err(ScaffoldError::Exists(path.clone()));
    }
    for path in paths {
        let template = read(&path.replace(name, TEMPLATE_STORE));
        let rest = template.split_once('\n').map_or("", |(_, rest)| rest);
        let text = rest.replace(TEMPLATE_STORE, name);
        write(
            &path,
            &format!("# The state of the actors of {}.\n{text}", name.trim_end_matches("-store")),
        )?;
    }
    Ok(())
}

fn write(path: &str, text: &str) -> io::Result<()> {
    println!("{path} is written");
    fs::write(root().join(path), text)
}

/// The name of a value on the command line.
fn word(value: &impl ValueEnum) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

fn name(text: &str) -> Result<String, String> {
    let letter = |letter: char| matches!(letter, 'a'..='z' | '0'..='9' | '-');
    let fits = text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.len() <= 32
        && text.chars().all(letter);
    let ends_well = !text.ends_with('-') && !text.contains("--");
    (fits && ends_well).then(|| text.to_owned()).ok_or(
        "lower-case letters, digits and single hyphens, at most 32, with a letter first".to_owned(),
    )
}

fn service(text: &str) -> Result<String, String> {
    let known = Service::deserialize(IntoDeserializer::<Unknown>::into_deserializer(text));
    known.map(|_| text.to_owned()).map_err(|error| error.to_string())
}

fn sentence(text: &str) -> Result<String, String> {
    let fits = text.len() <= 120 && text.ends_with('.') && !text.contains(['"', '\\', '\n', '\t']);
    fits.then(|| text.to_owned())
        .ok_or("one sentence with a full stop, at most 120 letters, without quotes".to_owned())
}
