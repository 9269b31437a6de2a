//! A Dapr that the user installed.

use super::Dapr;
use etcetera::BaseStrategy;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::process::Command;
use tokio::time::timeout;

/// The oldest supported Dapr: the first whose workflow API the SDK supports.
const OLDEST: (u32, u32) = (1, 16);

/// The longest that `daprd --version` may take.
const VERSION_TIMEOUT: Duration = Duration::from_secs(10);

/// The first Dapr on `PATH` or in the folder of `dapr init` that is new enough and has its control plane
/// beside it.
pub(super) async fn find() -> Option<Dapr> {
    let home = etcetera::choose_base_strategy().ok();
    let home = home.map(|user| user.home_dir().join(".dapr/bin/daprd"));
    for daprd in which::which("daprd").ok().into_iter().chain(home) {
        if let Some(version) = version(&daprd).await
            && let Some(placement) = beside(&daprd, "placement")
            && let Some(scheduler) = beside(&daprd, "scheduler")
        {
            let sentry = daprd.with_file_name("sentry");
            return Some(Dapr { version, daprd, placement, scheduler, sentry });
        }
    }
    None
}

/// The version of `daprd`, when it is new enough.
async fn version(daprd: &Path) -> Option<String> {
    let output = Command::new(daprd).arg("--version").kill_on_drop(true).output();
    let output = timeout(VERSION_TIMEOUT, output).await.ok()?.ok()?;
    let printed = String::from_utf8(output.stdout).ok()?;
    let version = printed.trim().trim_start_matches('v');
    (numbers(version)? >= OLDEST).then(|| version.to_owned())
}

/// The first two numbers of a version. A `daprd` that was built without one prints `edge`: it may be of any
/// version.
fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

fn beside(daprd: &Path, program: &str) -> Option<PathBuf> {
    let beside = daprd.with_file_name(program);
    which::which(beside).or_else(|_| which::which(program)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    fn install(folder: &Path, program: &str, says: &str) -> PathBuf {
        let path = folder.join(program);
        fs::write(&path, format!("#!/bin/sh\necho {says}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    #[test]
    fn versions_are_numbers() {
        assert_eq!(numbers("1.18.2"), Some((1, 18)));
        assert_eq!(numbers("1.16.0-rc.1"), Some((1, 16)));
        assert_eq!(numbers("edge"), None);
        assert!(numbers("1.9.0").unwrap() < OLDEST && numbers("2.0.0").unwrap() > OLDEST);
    }

    #[tokio::test]
    async fn only_a_new_enough_dapr_is_used() {
        let folder = tempfile::tempdir().unwrap();
        for (says, expected) in [
            ("1.18.2", Some("1.18.2")),
            ("v1.16.0", Some("1.16.0")),
            ("1.15.9", None),
            ("edge", None),
        ] {
            let daprd = install(folder.path(), "daprd", says);
            assert_eq!(version(&daprd).await.as_deref(), expected);
        }
        assert_eq!(version(Path::new("/nowhere/daprd")).await, None);
    }

    #[test]
    fn the_control_plane_is_looked_for_beside_its_sidecar() {
        let folder = tempfile::tempdir().unwrap();
        let daprd = folder.path().join("daprd");
        assert_eq!(beside(&daprd, "a-scheduler-nowhere"), None);
        let scheduler = install(folder.path(), "scheduler", "");
        assert_eq!(beside(&daprd, "scheduler"), Some(scheduler));
    }
}
