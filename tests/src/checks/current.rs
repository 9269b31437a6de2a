//! Whether generated files are current.

use generate::Generated;
use generate::workspace::root;
use std::fs;

/// Compares a generated file with the committed one.
///
/// # Panics
/// When they differ; the message names the first such line.
#[track_caller]
pub fn assert_current(Generated { path, text }: &Generated) {
    let found = fs::read_to_string(root().join(path)).unwrap_or_default();
    let difference = || difference(&found, text);
    assert!(found == *text, "{path} is stale: run `./makew generate`\n{}", difference());
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
        let file = Generated { path: "tests/no-such-file.json".to_owned(), text: "[]".to_owned() };
        assert_current(&file);
    }
}
