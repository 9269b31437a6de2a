//! The Bicep compiler, where there is one.

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

/// Where a compiler is looked for, from the workspace's root, when there is none on `PATH`.
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

/// What the compiler made: its output, and what it had to say.
#[derive(Debug)]
pub struct Made {
    /// Its standard output.
    pub text: String,
    /// What it found; nothing, when all is well.
    pub findings: String,
}

impl Compiler {
    /// The one that `BICEP` names, that on `PATH`, or one beside the workspace.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is no setting of a function")]
    pub fn find() -> Option<Self> {
        let named = env::var_os("BICEP").map(PathBuf::from);
        let beside = || Some(root().join(BESIDE)).filter(|file| file.is_file());
        named.or_else(|| on_path("bicep")).or_else(beside).map(Self)
    }

    /// The template that `main.bicep` becomes.
    #[must_use]
    pub fn template(&self, folder: &Path) -> Made {
        self.run(folder, &["build", "infra/main.bicep", "--stdout"], &[])
    }

    /// What the linter finds.
    #[must_use]
    pub fn lint(&self, folder: &Path) -> String {
        self.run(folder, &["lint", "infra/main.bicep"], &[]).findings
    }

    /// What is wrong with a parameter file, when nothing is given but what must be.
    #[must_use]
    pub fn parameters(&self, folder: &Path, name: &str) -> String {
        let file = format!("infra/{name}.bicepparam");
        let given = ISSUER.iter().map(|(name, value)| (*name, (*value).to_owned()));
        self.run(folder, &["build-params", &file, "--stdout"], &given.collect::<Vec<_>>()).findings
    }

    /// Formats every file; answers with what the formatter finds.
    #[must_use]
    pub fn format(&self, folder: &Path) -> String {
        self.run(folder, &["format", "--pattern", "infra/*.bicep*"], &[]).findings
    }

    /// What `target` would make of the files in `folder`.
    ///
    /// # Errors
    /// What the compiler finds.
    ///
    /// # Panics
    /// When it finds nothing, and writes no snapshot.
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

    fn run(&self, folder: &Path, arguments: &[&str], variables: &[(&str, String)]) -> Made {
        let mut command = Command::new(&self.0);
        // Nothing of this machine's environment shall be read by a parameter file.
        command.env_clear().current_dir(folder).args(arguments);
        // Without it the compiler wants a library that bare machines lack.
        command.env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1");
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        made(&command.output().unwrap_or_else(|error| panic!("{command:?}: {error}")))
    }
}

/// Any output is a fault: the compiler exits with 0 after a warning.
fn made(output: &Output) -> Made {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut findings = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        findings.push_str("the compiler did not end well");
    }
    Made { text, findings }
}

/// A tree, compiled.
#[derive(Debug)]
pub struct Compiled {
    /// The template, where it was asked for.
    pub template: Value,
    /// What the targets that were asked for would make.
    pub snapshots: Vec<Snapshot>,
}

impl Compiled {
    /// `tree` compiled for `targets`, with or without the template itself.
    ///
    /// # Errors
    /// What the compiler finds.
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

    /// The snapshots as they are committed: what there is where there is no compiler.
    ///
    /// # Panics
    /// When one is not JSON.
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

    /// An empty one.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "each is another")]
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        Self(env::temp_dir().join(format!("infra-{}-{count}", process::id())))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Nothing depends on it: it lies in the folder for what is temporary.
        let _ = fs::remove_dir_all(&self.0);
    }
}
