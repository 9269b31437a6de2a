//! A shell that outlives its parent just long enough to kill what the parent leaves behind.
//!
//! The parent alone holds the write end of a pipe that the shell reads. However the parent ends, the
//! kernel closes the pipe and the shell kills its whole process group: every process that was
//! spawned under this guard. That group is never a terminal's foreground group, so Ctrl-C reaches
//! the parent alone, which then stops its processes in order.

use crate::LocalError;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

/// The signals are ignored because the shell must be the last of its group to go: when the parent
/// dies while a member is paused, the kernel hangs up on the whole group. The line that the shell
/// writes says that it ignores them from now on.
const SCRIPT: &str = "trap '' HUP INT QUIT TERM; echo; read -r _; kill -s KILL 0";

/// Kills every process spawned under it when it is dropped, and when this process ends in any way.
#[derive(Debug)]
pub struct Guard {
    shell: Child,
}

impl Guard {
    /// Starts to watch this process.
    ///
    /// # Errors
    /// When there is no shell.
    pub fn start() -> Result<Self, LocalError> {
        let mut shell = Command::new("/bin/sh")
            .args(["-c", SCRIPT])
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .map_err(LocalError::run("/bin/sh"))?;
        let mut line = [0];
        let watches = shell.stdout.take().map_or(Ok(()), |mut said| said.read_exact(&mut line));
        let guard = Self { shell };
        watches.map_err(LocalError::run("/bin/sh"))?;
        Ok(guard)
    }

    /// Makes what `command` spawns die with this guard.
    ///
    /// # Panics
    /// When the process id is not one that the system gives.
    pub fn take_in(&self, command: &mut Command) {
        let group = i32::try_from(self.shell.id()).expect("process ids are below 2^22");
        command.process_group(group).stdin(Stdio::null());
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // Waiting closes the pipe first. A failure cannot be reported here.
        let _ = self.shell.wait();
    }
}
