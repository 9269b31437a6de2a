//! The Dapr that is run: the pinned one, built from source, or one that is installed.

mod build;
mod installed;

use crate::guard::Guard;
use crate::progress::Progress;
use crate::{LocalError, cache};
use std::fs;
use std::path::{Path, PathBuf};

/// Which Dapr to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Choice {
    /// The one that `tools/dapr/go.mod` pins, built on first use.
    #[default]
    Pinned,
    /// An installed one that is new enough, else the pinned one.
    Installed,
}

/// Dapr's programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dapr {
    /// Such as `1.18.2`.
    pub version: String,
    /// The sidecar.
    pub daprd: PathBuf,
    /// The server that knows which host has which actor.
    pub placement: PathBuf,
    /// The server that keeps reminders.
    pub scheduler: PathBuf,
}

impl Dapr {
    /// The programs of `choice`, built where that is needed.
    ///
    /// # Errors
    /// When it must be built and cannot be.
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
        let [daprd, placement, scheduler] = PROGRAMS.map(|program| folder.join(program));
        Self { version, daprd, placement, scheduler }
    }
}

const PROGRAMS: [&str; 3] = ["daprd", "placement", "scheduler"];

/// The Dapr that the workspace pins.
#[derive(Debug, PartialEq, Eq)]
struct Pin {
    /// The folder of the Go module that pins it.
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
                remedy: "it must require github.com/dapr/dapr and name its Go".to_owned(),
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
