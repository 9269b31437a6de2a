//! Redis.

use crate::guard::Guard;
use crate::lock::Lock;
use crate::ports::{self, ControlPlane};
use crate::progress::{Phase, Progress};
use crate::{LocalError, cache, probe, run};
use std::path::{Path, PathBuf};
use std::process::Command;

const PROGRAM: &str = "redis-server";

/// Whether a Redis without a password responds at `port`.
pub(crate) async fn answers(port: u16) -> bool {
    probe::redis(port).await.is_ok()
}

/// The path of the Redis server. It is installed if it is missing, on Debian and as root only.
pub(crate) async fn find(guard: &Guard, progress: Progress) -> Result<PathBuf, LocalError> {
    let mut phase = progress.phase("redis");
    let program = if let Ok(program) = which::which(PROGRAM) {
        program
    } else {
        install(guard, &mut phase).await?
    };
    phase.done(&program.display().to_string());
    Ok(program)
}

async fn install(guard: &Guard, phase: &mut Phase) -> Result<PathBuf, LocalError> {
    let missing = || LocalError::Missing {
        what: "redis-server is missing".to_owned(),
        remedy: "install it: `sudo apt-get install redis-server` or `brew install redis`"
            .to_owned(),
    };
    let apt = which::which("apt-get").map_err(|_| missing())?;
    if !rustix::process::geteuid().is_root() {
        return Err(missing());
    }
    phase.takes_minutes("installing redis-server");
    let mut working = || phase.update("installing redis-server");
    let cache = cache::folder()?;
    let _lock = Lock::take(&cache.join("apt.lock"), &mut working).await?;
    if which::which(PROGRAM).is_err() {
        let log = cache.join("apt.log");
        for step in ["update", "install"] {
            run::logged(guard, "apt-get", command(&apt, step), &log, &mut working).await?;
        }
        if Path::new("/run/systemd/system").is_dir() {
            run::logged(guard, "systemctl", no_service(), &log, &mut working).await?;
        }
    }
    which::which(PROGRAM).map_err(|_| missing())
}

fn command(apt: &Path, step: &str) -> Command {
    let mut command = Command::new(apt);
    // Each cluster runs its own Redis: in runlevel 1, packages do not start their services.
    command.env("DEBIAN_FRONTEND", "noninteractive").env("RUNLEVEL", "1").arg("--yes").arg(step);
    if step == "install" {
        command.args(["--no-install-recommends", PROGRAM]);
    }
    command
}

/// Stops the service that the package started: systemd ignores the runlevel.
fn no_service() -> Command {
    let mut command = Command::new("systemctl");
    command.args(["disable", "--now", PROGRAM]);
    command
}

/// Runs a Redis at `port` with its data in `folder`. A crash loses at most a second of writes.
pub(crate) fn server(program: &Path, port: u16, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--daemonize", "no"]);
    command.args(["--appendonly", "yes", "--appendfsync", "everysec", "--save", ""]);
    command.arg("--dir").arg(folder);
    command
}

/// The port of the Redis of `start`.
pub async fn of_start() -> u16 {
    let own = ControlPlane::fixed().redis;
    if answers(own).await { own } else { ports::DEFAULT_REDIS }
}
