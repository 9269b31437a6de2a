//! Builds the pinned Dapr with Go, once for all workspaces of a user.

use super::{Dapr, PROGRAMS, Pin};
use crate::guard::Guard;
use crate::lock::Lock;
use crate::progress::Phase;
use crate::{LocalError, run};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The pinned Dapr, from the cache or built into it.
pub(super) async fn pinned(pin: &Pin, guard: &Guard, mut phase: Phase) -> Result<Dapr, LocalError> {
    let folder = pin.folder()?;
    if !PROGRAMS.iter().all(|program| folder.join(program).is_file()) {
        phase.takes_minutes(&format!("{} is not built yet", pin.dapr));
        // Two concurrent builds would take twice as long.
        let waiting = || phase.update("waiting for another build of it");
        let _lock = Lock::take(&folder.join(".lock"), waiting).await?;
        build(pin, &folder, guard, &mut phase).await?;
    }
    phase.done(&format!("{} (pinned) in {}", pin.dapr, folder.display()));
    Ok(Dapr::in_folder(&folder, pin.dapr.clone()))
}

/// Builds the programs that are missing in `folder`.
async fn build(
    pin: &Pin,
    folder: &Path,
    guard: &Guard,
    phase: &mut Phase,
) -> Result<(), LocalError> {
    let go = which::which("go").map_err(|_| LocalError::Missing {
        what: format!("Go is missing, and Dapr {} must be built", pin.dapr),
        remedy: format!(
            "install Go {} or newer (https://go.dev/doc/install), or a Dapr that is ready to run \
             (https://docs.dapr.io/getting-started/install-dapr-cli/, then `dapr init --slim`)",
            pin.go
        ),
    })?;
    for (index, program) in PROGRAMS.iter().enumerate() {
        let target = folder.join(program);
        if target.is_file() {
            continue;
        }
        let scratch = scratch(folder)?;
        let all = PROGRAMS.len();
        let progress = format!("{}: building {program}, {} of {all}", pin.dapr, index + 1);
        let working = || phase.update(&progress);
        let log = folder.join("build.log");
        run::logged(guard, "go build", command(&go, pin, program, &scratch), &log, working).await?;
        fs::rename(scratch.join(program), &target).map_err(LocalError::file("write", &target))?;
        fs::remove_dir_all(&scratch).map_err(LocalError::file("remove", &scratch))?;
    }
    Ok(())
}

/// An empty folder for a build. The caller holds the lock, so its files are those of an interrupted build.
fn scratch(folder: &Path) -> Result<PathBuf, LocalError> {
    let scratch = folder.join("building");
    if scratch.exists() {
        fs::remove_dir_all(&scratch).map_err(LocalError::file("remove", &scratch))?;
    }
    fs::create_dir(&scratch).map_err(LocalError::file("create", &scratch))?;
    Ok(scratch)
}

fn command(go: &Path, pin: &Pin, program: &str, scratch: &Path) -> Command {
    // Without a version, daprd reports `edge`, for which the Dapr CLI starts no scheduler.
    let stamp = format!("-s -w -X github.com/dapr/dapr/pkg/buildinfo.version={}", pin.dapr);
    let mut command = Command::new(go);
    command
        .args(["build", "-trimpath", "-tags", "allcomponents", "-ldflags", &stamp, "-o"])
        .arg(scratch.join(program))
        .arg(format!("github.com/dapr/dapr/cmd/{program}"))
        .current_dir(&pin.module)
        .env("GOTMPDIR", scratch)
        .env("CGO_ENABLED", "0");
    command
}
