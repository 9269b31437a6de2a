//! What is written from the functions' manifests.

pub mod components;
pub mod readme;
pub mod run_file;

use crate::workspace::root;
use local::manifest::Function;
use std::fs;

/// `infra/functions.json`: the functions, for Bicep to loop over.
///
/// # Panics
/// Never: manifests are JSON.
#[must_use]
pub fn functions_json(functions: &[Function]) -> String {
    let json = serde_json::to_string_pretty(functions).expect("manifests are JSON");
    json + "\n"
}

/// Writes `expected` to the file at `path`, when `UPDATE=1` asks for it.
///
/// # Panics
/// When the file holds something else and shall not be written, or cannot be.
#[track_caller]
pub fn assert_current(path: &str, expected: &str) {
    let file = root().join(path);
    let found = fs::read_to_string(&file).unwrap_or_default();
    if found == expected {
        return;
    }
    assert!(updates(), "{path} is stale: run `./makew generate`\n{}", difference(&found, expected));
    fs::write(&file, expected).unwrap_or_else(|error| panic!("{path}: {error}"));
}

#[expect(clippy::disallowed_methods, reason = "this is no setting of a function")]
fn updates() -> bool {
    std::env::var("UPDATE").is_ok_and(|value| value == "1")
}

/// The first line in which two texts differ.
fn difference(found: &str, expected: &str) -> String {
    let lines = found.lines().zip(expected.lines());
    let line = lines.take_while(|(found, expected)| found == expected).count();
    let show = |text: &str| text.lines().nth(line).unwrap_or("(nothing)").to_owned();
    format!("line {}: found `{}`, expected `{}`", line + 1, show(found), show(expected))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_differs_is_shown() {
        assert_eq!(difference("a\nb\nc", "a\nB\nC"), "line 2: found `b`, expected `B`");
        assert_eq!(difference("a\n", "a\nb\n"), "line 2: found `(nothing)`, expected `b`");
    }

    #[test]
    #[should_panic(expected = "no-such-file.json is stale: run `./makew generate`")]
    fn a_missing_file_is_stale() {
        assert_current("tests/no-such-file.json", "[]");
    }
}
