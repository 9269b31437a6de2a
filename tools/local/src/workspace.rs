//! The workspace's root and programs.

use crate::guard::Guard;
use crate::manifest::Function;
use crate::progress::Progress;
use crate::{LocalError, run};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The program of the stand-ins; its first argument selects one.
pub(crate) const STAND_IN: &str = "stand-in";

/// The root of the workspace that this program was built in.
#[must_use]
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// The folder of the workspace's programs: that of this program, or its parent when this is a test.
#[must_use]
pub fn binaries() -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    let folder = program.parent().unwrap_or(Path::new("."));
    let inner = folder.ends_with("deps") || folder.ends_with("examples");
    folder.parent().filter(|_| inner).unwrap_or(folder).to_owned()
}

/// Builds the workspace's programs, except this one, into Cargo's folder `binaries`.
///
/// # Errors
/// [`LocalError::Missing`], when they do not compile.
pub async fn build(root: &Path, binaries: &Path, progress: Progress) -> Result<(), LocalError> {
    let guard = Guard::start()?;
    let phase = progress.phase("build");
    let command = build_command(root, binaries);
    if !run::run(&guard, "cargo", command, || ()).await?.success() {
        return Err(LocalError::Missing {
            what: "the functions do not build".to_owned(),
            remedy: "the output of Cargo above says why".to_owned(),
        });
    }
    phase.done("every function");
    Ok(())
}

fn build_command(root: &Path, binaries: &Path) -> Command {
    let mut command = Command::new("cargo");
    // This program is running, and was just built.
    command.args(["build", "--workspace", "--exclude", env!("CARGO_PKG_NAME"), "--bins"]);
    command.args(["--profile", profile(binaries)]).current_dir(root).stdout(Stdio::null());
    // Otherwise Cargo's own settings say where.
    if let Some(target) = binaries.parent().filter(|_| !binaries.starts_with(root)) {
        command.arg("--target-dir").arg(target);
    }
    for (name, _) in std::env::vars_os().filter(|(name, _)| describes_package(name)) {
        command.env_remove(name);
    }
    command
}

/// Whether `cargo run` sets the variable to describe the package that it runs. With this program's values, a
/// build script that reads one would run again, and all dependents would be compiled again.
/// See <https://doc.rust-lang.org/cargo/reference/environment-variables.html>.
fn describes_package(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"].iter().any(|start| name.starts_with(start))
        || ["CARGO_CRATE_NAME", "CARGO_PRIMARY_PACKAGE"].contains(&name.as_ref())
}

/// The profile whose programs are in the folder `binaries`.
fn profile(binaries: &Path) -> &str {
    match binaries.file_name().and_then(OsStr::to_str) {
        None | Some("debug") => "dev",
        Some(profile) => profile,
    }
}

/// Fails if the program of a function is not in the folder `binaries`.
pub(crate) fn check_built(binaries: &Path, functions: &[Function]) -> Result<(), LocalError> {
    let programs = functions.iter().map(|function| function.name.as_str()).chain([STAND_IN]);
    let missing: Vec<_> = programs.filter(|program| !binaries.join(program).is_file()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(LocalError::Missing {
        what: format!("{} does not contain {}", binaries.display(), missing.join(", ")),
        remedy: "run `cargo build --workspace --bins` first".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_contains_the_functions() {
        assert!(root().join("functions").is_dir());
    }

    #[test]
    fn a_test_finds_the_programs_above_its_own_folder() {
        assert!(!binaries().ends_with("deps"));
        assert!(std::env::current_exe().unwrap().starts_with(binaries()));
    }

    #[test]
    fn the_profile_is_known_by_its_folder() {
        assert_eq!(profile(Path::new("target/debug")), "dev");
        assert_eq!(profile(Path::new("target/release")), "release");
    }

    #[test]
    fn variables_that_describe_a_package_are_not_cargo_settings() {
        for (name, expected) in [
            ("CARGO_PKG_NAME", true),
            ("CARGO_MANIFEST_DIR", true),
            ("CARGO_MANIFEST_PATH", true),
            ("CARGO_BIN_NAME", true),
            ("CARGO_CRATE_NAME", true),
            ("CARGO_HOME", false),
            ("CARGO_TARGET_DIR", false),
            ("CARGO_BUILD_JOBS", false),
            ("CARGO_NET_OFFLINE", false),
            ("PATH", false),
        ] {
            assert_eq!(describes_package(OsStr::new(name)), expected, "{name}");
        }
    }

    /// The build script of `ring` reads the package's name and folder.
    #[tokio::test]
    async fn a_second_build_runs_no_build_script_again() {
        let folder = tempfile::tempdir().unwrap();
        let (root, runs) = (folder.path(), folder.path().join("runs"));
        let files = [
            ("Cargo.toml", "[package]\nname = \"a\"\nedition = \"2024\"\n[workspace]\n"),
            ("src/main.rs", "fn main() {}\n"),
            (
                "build.rs",
                "use std::{fs::OpenOptions, io::Write};\nfn main() {\n\
                 println!(\"cargo::rerun-if-env-changed=CARGO_PKG_NAME\");\n\
                 println!(\"cargo::rerun-if-env-changed=CARGO_MANIFEST_DIR\");\n\
                 let runs = OpenOptions::new().append(true).create(true).open(\"runs\");\n\
                 runs.unwrap().write_all(b\"x\").unwrap();\n}\n",
            ),
        ];
        std::fs::create_dir(root.join("src")).unwrap();
        for (path, content) in files {
            std::fs::write(root.join(path), content).unwrap();
        }
        // Without the variables that Cargo adds to the environment of a test.
        let own = std::env::vars_os().filter(|(name, _)| {
            let cargo = ["CARGO_HOME", "CARGO_INCREMENTAL", "CARGO_TARGET_DIR"];
            let others = ["PATH", "HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"];
            cargo.iter().chain(&others).any(|kept| name == kept)
        });
        let mut manual = Command::new("cargo");
        manual.args(["build", "--workspace", "--bins"]).current_dir(root).env_clear().envs(own);
        assert!(manual.status().unwrap().success());
        let mut inherited = std::env::vars_os();
        assert!(inherited.any(|(name, _)| describes_package(&name)), "Cargo runs this test");
        build(root, &root.join("target/debug"), Progress::Quiet).await.unwrap();
        assert_eq!(std::fs::read_to_string(runs).unwrap(), "x");
    }

    #[test]
    fn a_function_that_is_not_built_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let functions = crate::manifest::functions(&root()).unwrap();
        let error = check_built(folder.path(), &functions).unwrap_err().to_string();
        assert!(error.contains(" does not contain check-stock, create-order, "), "{error}");
        for function in &functions {
            std::fs::write(folder.path().join(&function.name), "").unwrap();
        }
        let error = check_built(folder.path(), &functions).unwrap_err().to_string();
        assert!(error.contains(" does not contain stand-in; "), "{error}");
    }
}
