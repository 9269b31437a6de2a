//! Programs of Debian's packages.

use crate::guard::Guard;
use crate::lock::Lock;
use crate::progress::{Phase, Progress};
use crate::{LocalError, cache, run};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A program and the package that has it.
#[derive(Debug)]
pub(crate) struct Package {
    /// The name under which progress is shown.
    pub(crate) phase: &'static str,
    /// The names that the program may have.
    pub(crate) programs: &'static [&'static str],
    /// Debian's package.
    pub(crate) debian: &'static str,
    /// What to do without root, or on another system.
    pub(crate) remedy: &'static str,
    /// Whether it starts a service of its own, which is stopped.
    pub(crate) is_service: bool,
}

impl Package {
    /// The path of the program. It is installed if it is missing, on Debian and as root only.
    pub(crate) async fn find(
        &self,
        guard: &Guard,
        progress: Progress,
    ) -> Result<PathBuf, LocalError> {
        let mut phase = progress.phase(self.phase);
        let program = match self.on_path() {
            Some(program) => program,
            None => self.install(guard, &mut phase).await?,
        };
        phase.done(&program.display().to_string());
        Ok(program)
    }

    fn on_path(&self) -> Option<PathBuf> {
        self.programs.iter().find_map(|program| which::which(program).ok())
    }

    async fn install(&self, guard: &Guard, phase: &mut Phase) -> Result<PathBuf, LocalError> {
        let package = self.debian;
        let missing = || LocalError::Missing {
            what: format!("{package} is missing"),
            remedy: self.remedy.to_owned(),
        };
        let apt = which::which("apt-get").map_err(|_| missing())?;
        if !rustix::process::geteuid().is_root() {
            return Err(missing());
        }
        phase.takes_minutes(&format!("installing {package}"));
        let mut working = || phase.update(&format!("installing {package}"));
        let cache = cache::folder()?;
        let _lock = Lock::take(&cache.join("apt.lock"), &mut working).await?;
        if self.on_path().is_none() {
            let log = cache.join("apt.log");
            for step in ["update", "install"] {
                let command = self.command(&apt, step);
                run::logged(guard, "apt-get", command, &log, &mut working).await?;
            }
            if self.is_service && Path::new("/run/systemd/system").is_dir() {
                run::logged(guard, "systemctl", self.no_service(), &log, &mut working).await?;
            }
        }
        self.on_path().ok_or_else(missing)
    }

    fn command(&self, apt: &Path, step: &str) -> Command {
        let mut command = Command::new(apt);
        // In runlevel 1, packages do not start their services.
        command
            .env("DEBIAN_FRONTEND", "noninteractive")
            .env("RUNLEVEL", "1")
            .arg("--yes")
            .arg(step);
        if step == "install" {
            command.args(["--no-install-recommends", self.debian]);
        }
        command
    }

    /// Stops the service that the package started: systemd ignores the runlevel.
    fn no_service(&self) -> Command {
        let mut command = Command::new("systemctl");
        command.args(["disable", "--now", self.debian]);
        command
    }
}
