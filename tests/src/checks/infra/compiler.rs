//! The Bicep compiler, where it is installed.

use super::Tree;
use super::snapshot::Snapshot;
use super::target::{ISSUER, Target};
use crate::checks::program::on_path;
use generate::workspace::root;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs, process};

/// The path of the compiler from the workspace's root, for when there is none on `PATH`.
const BESIDE: &str = "../shared/tools/bicep/bicep";

/// Whom everything is deployed for in snapshots.
const SCOPE: [&str; 6] = [
    "--subscription-id",
    "00000000-0000-0000-0000-000000000001",
    "--resource-group",
    "rg-shop",
    "--location",
    "westeurope",
];

/// The compiler.
#[derive(Debug, Clone)]
pub struct Compiler(PathBuf);

/// The output of the compiler, and its diagnostics.
#[derive(Debug)]
pub struct CompilerOutput {
    /// Its standard output.
    pub text: String,
    /// Its diagnostics; empty on success.
    pub findings: String,
}

impl Compiler {
    /// The one in `BICEP`, that on `PATH`, or one at the path above.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is no setting of a function")]
    pub fn find() -> Option<Self> {
        let named = env::var_os("BICEP").map(PathBuf::from);
        let beside = || Some(root().join(BESIDE)).filter(|file| file.is_file());
        named.or_else(|| on_path("bicep")).or_else(beside).map(Self)
    }

    /// The template compiled from `main.bicep`.
    #[must_use]
    pub fn template(&self, folder: &Path) -> CompilerOutput {
        self.run(folder, &["build", "infra/main.bicep", "--stdout"], &[])
    }

    /// The findings of the linter.
    #[must_use]
    pub fn lint(&self, folder: &Path) -> String {
        self.run(folder, &["lint", "infra/main.bicep"], &[]).findings
    }

    /// The diagnostics of a parameter file with only the required variables.
    #[must_use]
    pub fn parameters(&self, folder: &Path, name: &str) -> String {
        let file = format!("infra/{name}.bicepparam");
        let given = ISSUER.iter().map(|(name, value)| (*name, (*value).to_owned()));
        self.run(folder, &["build-params", &file, "--stdout"], &given.collect::<Vec<_>>()).findings
    }

    /// Formats every file; returns the diagnostics of the formatter.
    #[must_use]
    pub fn format(&self, folder: &Path) -> String {
        self.run(folder, &["format", "--pattern", "infra/*.bicep*"], &[]).findings
    }

    /// The snapshot of `target` for the files in `folder`.
    ///
    /// # Errors
    /// The compiler's diagnostics.
    ///
    /// # Panics
    /// When there are none, and no snapshot is written.
    pub fn snapshot(&self, folder: &Path, tree: &Tree, target: Target) -> Result<Snapshot, String> {
        let file = format!("infra/{}", target.parameters());
        let parameters = format!("{file}.bicepparam");
        let command = ["snapshot", &parameters, "--mode", "overwrite"];
        let made = self.run(
            folder,
            &[&command, &SCOPE[..]].concat(),
            &target.environment(&tree.functions),
        );
        if !made.findings.is_empty() {
            return Err(made.findings);
        }
        let written = folder.join(format!("{file}.snapshot.json"));
        let text = fs::read_to_string(&written).expect("the compiler has written a snapshot");
        let value = serde_json::from_str(&text).expect("snapshots are JSON");
        Ok(Snapshot::new(target, value))
    }

    fn run(
        &self,
        folder: &Path,
        arguments: &[&str],
        variables: &[(&str, String)],
    ) -> CompilerOutput {
        let mut command = Command::new(&self.0);
        // Parameter files must not read this machine's environment.
        command.env_clear().current_dir(folder).args(arguments);
        // Otherwise the compiler needs a library (ICU) that minimal systems lack.
        command.env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1");
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        made(&command.output().unwrap_or_else(|error| panic!("{command:?}: {error}")))
    }
}

/// Any output is an error, since the compiler exits with 0 after a warning.
fn made(output: &Output) -> CompilerOutput {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut findings = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        findings.push_str("the compiler did not end well");
    }
    CompilerOutput { text, findings }
}

/// A compiled tree.
#[derive(Debug)]
pub struct Compiled {
    /// The template, if requested.
    pub template: Value,
    /// The snapshots of the requested targets.
    pub snapshots: Vec<Snapshot>,
}

impl Compiled {
    /// `tree` compiled for `targets`, with or without the template itself.
    ///
    /// # Errors
    /// The compiler's diagnostics.
    ///
    /// # Panics
    /// When the files cannot be written for the compiler to read.
    pub fn new(
        compiler: &Compiler,
        tree: &Tree,
        targets: &[Target],
        with_template: bool,
    ) -> Result<Self, String> {
        let folder = Folder::of(tree);
        let snapshot = |target: &Target| compiler.snapshot(folder.path(), tree, *target);
        let snapshots = targets.iter().map(snapshot).collect::<Result<_, _>>()?;
        let mut template = Value::Null;
        if with_template {
            let made = compiler.template(folder.path());
            if !made.findings.is_empty() {
                return Err(made.findings);
            }
            template = serde_json::from_str(&made.text).expect("templates are JSON");
        }
        Ok(Self { template, snapshots })
    }

    /// The committed snapshots, for when there is no compiler.
    ///
    /// # Panics
    /// When a snapshot is not JSON.
    #[must_use]
    pub fn committed(tree: &Tree) -> Self {
        let read = |target: Target| {
            let value = serde_json::from_str(tree.text(&target.path()));
            Snapshot::new(target, value.expect("snapshots are JSON"))
        };
        Self { template: Value::Null, snapshots: Target::ALL.map(read).into() }
    }
}

/// A temporary folder for a tree, removed when it is dropped.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// A folder with the files of `tree`.
    ///
    /// # Panics
    /// When they cannot be written.
    #[must_use]
    pub fn of(tree: &Tree) -> Self {
        let folder = Self::new();
        tree.write(folder.path()).expect("temporary files can be written");
        folder
    }

    /// An empty folder.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "each is another")]
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        Self(env::temp_dir().join(format!("infra-{}-{count}", process::id())))
    }

    /// The folder's path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // An error is ignored: it is in the folder for temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}
