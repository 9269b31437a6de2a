//! Redis.

use crate::guard::Guard;
use crate::package::Package;
use crate::ports::{self, ControlPlane};
use crate::progress::Progress;
use crate::{LocalError, probe};
use std::path::{Path, PathBuf};
use std::process::Command;

const PACKAGE: Package = Package {
    phase: "redis",
    programs: &["redis-server"],
    debian: "redis-server",
    remedy: "install it: `sudo apt-get install redis-server` or `brew install redis`",
    is_service: true,
};

/// Whether a Redis without a password responds at `port`.
pub(crate) async fn answers(port: u16) -> bool {
    probe::redis(port).await.is_ok()
}

/// The path of the Redis server. It is installed if it is missing, on Debian and as root only.
pub(crate) async fn find(guard: &Guard, progress: Progress) -> Result<PathBuf, LocalError> {
    PACKAGE.find(guard, progress).await
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
