//! External linters, where they are installed.

use generate::workspace::root;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, io};

/// The path of a program, if it is on `PATH`.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is no setting of a function")]
pub fn on_path(program: &str) -> Option<PathBuf> {
    let folders = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&folders).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// Reports that something is not checked, and why, on the process's own standard error: the test runner
/// captures that of passing tests.
pub fn not_checked(why: &str) {
    // Unused where it cannot be written.
    let _ = writeln!(io::stderr(), "NOT CHECKED: {why}");
}

/// Runs a linter on `files` if it is on `PATH`; reports if it is not.
///
/// # Panics
/// When it has findings.
pub fn check_with(program: &str, arguments: &[&str], files: &[&Path]) {
    let Some(checker) = on_path(program) else {
        not_checked(&format!("`{program}` is not on PATH"));
        return;
    };
    let output = Command::new(checker).args(arguments).args(files).current_dir(root()).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
    let text = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&text));
}
