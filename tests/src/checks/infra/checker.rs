//! Bicep itself, where there is any: the compiler, or a checker that stands in for it.

use std::env;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where a checker is looked for, from the workspace's root, when `BICEP_CHECK` names none.
const BESIDE: &str = "../shared/tools/bicep-check/run";

/// A program that checks Bicep files.
#[derive(Debug, Clone)]
pub enum Checker {
    /// The compiler, which also lints.
    Compiler(PathBuf),
    /// A program that takes a folder.
    StandIn(PathBuf),
}

/// The checkers that are there: `bicep` on PATH, the one that `BICEP_CHECK` names, or one beside the
/// workspace.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "these are no settings of a function")]
pub fn checkers(root: &Path) -> Vec<Checker> {
    let paths = env::var_os("PATH").unwrap_or_default();
    let compiler = env::split_paths(&paths).map(|folder| folder.join("bicep"));
    let compiler = compiler.filter(|file| file.is_file()).take(1).map(Checker::Compiler);
    let named = env::var_os("BICEP_CHECK").map(PathBuf::from);
    let stand_in = Some(named.unwrap_or_else(|| root.join(BESIDE))).filter(|file| file.is_file());
    compiler.chain(stand_in.map(Checker::StandIn)).collect()
}

impl Checker {
    /// What it finds in the Bicep files of `folder`: nothing, or its words.
    ///
    /// # Panics
    /// When it cannot be run.
    #[must_use]
    pub fn findings(&self, folder: &Path) -> String {
        match self {
            Self::StandIn(program) => run(Command::new(program).arg(folder)),
            Self::Compiler(program) => {
                let bicep = |verb: &str, file: &str| {
                    let mut command = Command::new(program);
                    // Without it the compiler wants a library that bare machines have not.
                    command.env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1");
                    command.arg(verb).arg(folder.join(file));
                    if verb != "lint" {
                        command.arg("--stdout");
                    }
                    run(&mut command)
                };
                [("build", "main.bicep"), ("lint", "main.bicep")]
                    .into_iter()
                    .chain([
                        ("build-params", "dev.bicepparam"),
                        ("build-params", "prod.bicepparam"),
                    ])
                    .map(|(verb, file)| bicep(verb, file))
                    .collect()
            }
        }
    }
}

/// What `command` says when it fails or warns.
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let mut said = String::new();
    if !output.status.success() {
        let _ = writeln!(said, "{command:?}: {}", output.status);
        said += &String::from_utf8_lossy(&output.stdout);
    }
    let warned = String::from_utf8_lossy(&output.stderr);
    let warned =
        warned.lines().filter(|line| line.contains(": error ") || line.contains(": warning "));
    for line in warned {
        let _ = writeln!(said, "{line}");
    }
    let found = String::from_utf8_lossy(&output.stdout);
    // The compiler's own output is JSON; findings are lines.
    for line in found.lines().filter(|line| line.contains(": warning ")) {
        let _ = writeln!(said, "{line}");
    }
    said
}
