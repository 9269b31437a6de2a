//! External linters, where they are installed.

use generate::workspace::root;
use serde_json::Value;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::{env, io};

/// The exit code of `makew` when a program is not available.
pub const UNAVAILABLE: i32 = 69;

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

/// The findings of a folder's script in `input`, with the packages that the lock beside it names; None where Node is
/// not available.
///
/// # Panics
/// When it cannot be started.
#[must_use]
pub fn node_tool(folder: &str, script: &str, input: &Value) -> Option<String> {
    // One at a time: the first call installs the packages.
    static INSTALLED: Mutex<()> = Mutex::new(());
    let _guard = INSTALLED.lock();
    let mut command = Command::new(root().join("makew"));
    command.args(["--node-tool", folder, script]).current_dir(root());
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("makew runs");
    let mut stdin = child.stdin.take().expect("it is piped");
    // The program does not read it where Node is not available.
    let _ = stdin.write_all(input.to_string().as_bytes());
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    if output.status.code() == Some(UNAVAILABLE) {
        not_checked(&format!("{folder}/{script} cannot run, because node or npm is missing"));
        return None;
    }
    let found = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.success(), found.is_empty(), "{script}: {found}");
    Some(found)
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
