//! What the house rules read: source files, the paths that their code names, documents and manifests.

mod crates;
mod documents;
mod imports;
mod layers;
mod lexer;
mod modules;
mod paths;
mod source;

pub use self::crates::Manifest;
pub use self::documents::{dangling_references, documents};
pub use self::imports::odd_imports;
pub use self::layers::{foreign_layers, impure_code, names_crate, names_environment, test_helpers};
pub use self::modules::circles;
pub use self::source::{FOLDERS, Source, pages_with_words, sources};

use std::fmt;

/// A place that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Offence {
    /// The file's path from the root.
    pub path: String,
    /// Counted from 1.
    pub line: usize,
    /// The line, or what is wrong with it.
    pub text: String,
}

impl fmt::Display for Offence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.text)
    }
}

/// Reports every offence.
///
/// # Panics
/// When there is any.
#[track_caller]
pub fn assert_none(offences: impl IntoIterator<Item = Offence>) {
    let offences: Vec<_> = offences.into_iter().map(|offence| offence.to_string()).collect();
    assert!(offences.is_empty(), "\n{}\n", offences.join("\n"));
}
