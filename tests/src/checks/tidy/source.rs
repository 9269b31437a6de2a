//! Rust files, as the rules read them.

use super::Offence;
use super::lexer::{code, is_word};
use super::paths::{Path, paths};
use generate::workspace::{files, read};
use std::ops::Range;
use std::sync::LazyLock;

/// The attribute of code that is compiled for tests only.
const FOR_TESTS: &str = "#[cfg(test)]";

/// A Rust file.
#[derive(Debug)]
pub struct Source {
    /// The path from the root.
    pub path: String,
    /// The whole text.
    pub text: String,
    /// The text without its comments and literals, which are blanked.
    pub code: String,
    /// The lines that are compiled for tests only, counted from 1.
    tests: Vec<Range<usize>>,
}

impl Source {
    /// The file `text` at `path`.
    #[must_use]
    pub fn new(path: &str, text: &str) -> Self {
        let code = code(text);
        let tests = test_lines(&code);
        Self { path: path.to_owned(), text: text.to_owned(), code, tests }
    }

    /// Whether a line is compiled for tests only.
    #[must_use]
    pub fn is_test(&self, line: usize) -> bool {
        self.tests.iter().any(|lines| lines.contains(&line))
    }

    /// How many lines come before the file's tests.
    #[must_use]
    pub fn lines_before_tests(&self) -> usize {
        let before = self.text.split(FOR_TESTS).next().unwrap_or_default();
        before.trim_end().lines().count()
    }

    /// The lines that contain one of `words`.
    #[must_use]
    pub fn lines_with(&self, words: &[&str]) -> Vec<Offence> {
        self.lines(|line| words.iter().any(|word| line.contains(word)))
    }

    /// The lines that contain one of `words` as a whole word.
    #[must_use]
    pub fn lines_with_words(&self, words: &[&str]) -> Vec<Offence> {
        self.lines(|line| has_word(line, words))
    }

    fn lines(&self, is_offence: impl Fn(&str) -> bool) -> Vec<Offence> {
        let lines = self.text.lines().zip(1..).filter(|(line, _)| is_offence(line));
        lines.map(|(_, line)| self.offence(line)).collect()
    }

    /// The line as an offence.
    #[must_use]
    pub fn offence(&self, line: usize) -> Offence {
        let text = self.text.lines().nth(line - 1).unwrap_or_default().trim().to_owned();
        Offence { path: self.path.clone(), line, text }
    }

    /// The lines that name a path for which `foreign` holds.
    pub(super) fn naming(&self, foreign: impl Fn(&Path<'_>) -> bool) -> Vec<Offence> {
        let found = paths(&self.code).into_iter().filter(foreign).map(|path| path.line);
        let mut lines: Vec<_> = found.collect();
        lines.dedup();
        lines.into_iter().map(|line| self.offence(line)).collect()
    }

    /// The modules that this file declares for tests only.
    fn test_modules(&self) -> impl Iterator<Item = &str> {
        let marked = self.code.split(FOR_TESTS).skip(1);
        let modules = marked.filter_map(|code| code.trim_start().strip_prefix("mod "));
        modules.filter_map(|code| Some(code.split_once([';', '{'])?.0.trim()))
    }

    /// The path, from the root, of a module that this file declares, without its ending.
    fn submodule(&self, name: &str) -> String {
        let folder =
            self.path.trim_end_matches(".rs").trim_end_matches("/mod").trim_end_matches("/lib");
        format!("{folder}/{name}")
    }
}

/// Whether a line contains one of `words` as a whole word.
fn has_word(line: &str, words: &[&str]) -> bool {
    line.split(|letter| !is_word(letter)).any(|word| words.contains(&word))
}

/// The lines of scripts, styles and templates that contain one of `words` as a whole word.
///
/// # Panics
/// When a file cannot be read.
#[must_use]
pub fn pages_with_words(words: &[&str]) -> Vec<Offence> {
    let ends = |path: &String| [".js", ".css", ".html"].iter().any(|end| path.ends_with(end));
    let pages = FOLDERS.into_iter().flat_map(files).filter(ends);
    let lines = pages.flat_map(|path| {
        let lines = read(&path).lines().map(str::to_owned).collect::<Vec<_>>();
        lines.into_iter().zip(1..).map(move |(text, line)| Offence {
            path: path.clone(),
            line,
            text,
        })
    });
    lines.filter(|line| has_word(&line.text, words)).collect()
}

/// Where the workspace's Rust is.
pub const FOLDERS: [&str; 5] = ["functions", "page", "shared", "tests", "tools"];

/// The Rust files below `folder`, by path.
///
/// # Panics
/// When a file cannot be read, or is not Rust.
pub fn sources(folder: &str) -> impl Iterator<Item = &'static Source> {
    /// All of them: each is parsed once.
    static ALL: LazyLock<Vec<Source>> = LazyLock::new(all);
    ALL.iter().filter(move |source| source.path.starts_with(&format!("{folder}/")))
}

fn all() -> Vec<Source> {
    let rust = FOLDERS.into_iter().flat_map(files);
    let rust = rust.filter(|path| path.rsplit('.').next() == Some("rs"));
    let mut sources: Vec<_> = rust.map(|path| Source::new(&path, &read(&path))).collect();
    let modules = |source: &Source| -> Vec<String> {
        source.test_modules().map(|name| source.submodule(name)).collect()
    };
    let tests: Vec<_> = sources.iter().flat_map(modules).collect();
    for source in &mut sources {
        let below = |test: &String| source.path.strip_prefix(test.as_str());
        if tests.iter().filter_map(below).any(|rest| rest.starts_with(['.', '/'])) {
            source.tests.push(1..usize::MAX);
        }
    }
    sources
}

fn test_lines(code: &str) -> Vec<Range<usize>> {
    let line = |at: usize| code[..at].matches('\n').count() + 1;
    let items = code.match_indices(FOR_TESTS).map(|(at, _)| (at, at + item_length(&code[at..])));
    items.map(|(start, end)| line(start)..line(end) + 1).collect()
}

/// The length of the item that `code` starts with: to its semicolon or to the end of its braces.
fn item_length(code: &str) -> usize {
    let mut depth = 0_usize;
    for (at, letter) in code.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth > 1 => depth -= 1,
            '}' => return at,
            ';' if depth == 0 => return at,
            _ => {}
        }
    }
    code.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_code_is_distinguished_from_product_code() {
        let source =
            Source::new("a.rs", "a();\n\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\nc();\n");
        let tests: Vec<_> = (1..=7).filter(|line| source.is_test(*line)).collect();
        assert_eq!((tests, source.lines_before_tests()), (vec![3, 4, 5, 6], 1));
    }

    #[test]
    fn a_module_in_a_separate_file_may_be_test_code() {
        let source = Source::new("src/stock.rs", "#[cfg(test)]\nmod laws;\nmod turn;\n");
        assert_eq!(source.test_modules().collect::<Vec<_>>(), ["laws"]);
        assert_eq!(source.submodule("laws"), "src/stock/laws");
        assert_eq!(Source::new("src/lib.rs", "").submodule("laws"), "src/laws");
    }
}
