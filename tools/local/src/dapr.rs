//! Dapr's programs: the pinned ones, built from source, or installed ones.

mod build;
mod installed;

use crate::guard::Guard;
use crate::progress::Progress;
use crate::{LocalError, cache};
use std::fs;
use std::path::{Path, PathBuf};

/// Which Dapr to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Choice {
    /// The one that `tools/dapr/go.mod` pins, built on first use.
    #[default]
    Pinned,
    /// An installed one if it is new enough, else the pinned one.
    Installed,
}

/// Dapr's programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dapr {
    /// The version, such as `1.18.2`.
    pub version: String,
    /// The path of the sidecar.
    pub daprd: PathBuf,
    /// The path of the server that places actors on hosts.
    pub placement: PathBuf,
    /// The path of the server that stores reminders.
    pub scheduler: PathBuf,
    /// The path of the certificate authority. An installed Dapr may lack it: only tests need it.
    pub sentry: PathBuf,
}

impl Dapr {
    /// The programs of `choice`, built if necessary.
    ///
    /// # Errors
    /// When they have to be built and the build fails.
    pub async fn find(
        choice: Choice,
        workspace: &Path,
        guard: &Guard,
        progress: Progress,
    ) -> Result<Self, LocalError> {
        let phase = progress.phase("dapr");
        let installed = match choice {
            Choice::Pinned => None,
            Choice::Installed => installed::find().await,
        };
        if let Some(dapr) = installed {
            phase.done(&format!("{} at {}", dapr.version, dapr.daprd.display()));
            return Ok(dapr);
        }
        build::pinned(&Pin::read(workspace)?, guard, phase).await
    }

    fn in_folder(folder: &Path, version: String) -> Self {
        let [daprd, placement, scheduler, sentry] = PROGRAMS.map(|program| folder.join(program));
        Self { version, daprd, placement, scheduler, sentry }
    }
}

const PROGRAMS: [&str; 4] = ["daprd", "placement", "scheduler", "sentry"];

/// The version of Dapr that the workspace pins.
#[derive(Debug, PartialEq, Eq)]
struct Pin {
    /// The folder of the Go module with the pin.
    module: PathBuf,
    dapr: String,
    go: String,
}

impl Pin {
    fn read(workspace: &Path) -> Result<Self, LocalError> {
        let module = workspace.join("tools/dapr");
        let path = module.join("go.mod");
        let text = fs::read_to_string(&path).map_err(LocalError::file("read", &path))?;
        match (word_after(&text, "github.com/dapr/dapr"), word_after(&text, "go")) {
            (Some(dapr), Some(go)) => Ok(Self {
                module,
                dapr: dapr.trim_start_matches('v').to_owned(),
                go: go.to_owned(),
            }),
            _ => Err(LocalError::Missing {
                what: format!("{} pins no Dapr", path.display()),
                remedy: "it must require github.com/dapr/dapr and a version of Go".to_owned(),
            }),
        }
    }

    fn folder(&self) -> Result<PathBuf, LocalError> {
        Ok(cache::folder()?.join("dapr").join(&self.dapr))
    }
}

/// The word after the word `key` at the beginning of a line of a go.mod, or of its `require`.
fn word_after<'a>(go_mod: &'a str, key: &str) -> Option<&'a str> {
    go_mod.lines().find_map(|line| {
        let line = line.trim_start();
        let mut words = line.strip_prefix("require ").unwrap_or(line).split_whitespace();
        words.next().filter(|word| *word == key)?;
        words.next().filter(|word| *word != "=>")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pin_is_read_from_the_go_module() {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let pin = Pin::read(&workspace).unwrap();
        assert!(pin.dapr.starts_with("1.") && pin.go.starts_with("1."), "{pin:?}");
    }

    #[test]
    fn only_required_modules_count() {
        let required = "module m\n\ngo 1.26.5\n\nrequire (\n\tgithub.com/dapr/dapr-kit v0.1.0\n\
                        \tgithub.com/dapr/dapr v1.18.2 // indirect\n)\n";
        assert_eq!(word_after(required, "github.com/dapr/dapr"), Some("v1.18.2"));
        assert_eq!(word_after(required, "go"), Some("1.26.5"));
        let alone = "replace x => y v1\nrequire github.com/dapr/dapr v1.18.2";
        assert_eq!(word_after(alone, "github.com/dapr/dapr"), Some("v1.18.2"));
        assert_eq!(word_after("github.com/dapr/dapr => ../fork", "github.com/dapr/dapr"), None);
    }
}
