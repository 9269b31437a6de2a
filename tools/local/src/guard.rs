//! A shell that outlives its parent just long enough to kill the parent's other children.
//!
//! Only the parent holds the write end of a pipe that the shell reads. However the parent ends, the kernel
//! closes the pipe and the shell kills its process group: every process that was spawned under this guard.
//! That group is never a terminal's foreground group, so Ctrl-C reaches only the parent, which then stops its
//! processes in order.

use crate::LocalError;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

/// The signals are ignored because the shell must outlive its group: when the parent ends while a member is
/// stopped, the kernel sends SIGHUP to the group. The shell writes a line once it ignores them.
const SCRIPT: &str = "trap '' HUP INT QUIT TERM; echo; read -r _; kill -s KILL 0";

/// Kills every process spawned under it when it is dropped, and when this process ends in any way.
#[derive(Debug)]
pub struct Guard {
    shell: Child,
}

impl Guard {
    /// Starts the shell that watches this process.
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
        let watches = shell.stdout.take().map_or(Ok(()), |mut stdout| stdout.read_exact(&mut line));
        let guard = Self { shell };
        watches.map_err(LocalError::run("/bin/sh"))?;
        Ok(guard)
    }

    /// Puts what `command` spawns into the guard's process group.
    ///
    /// # Panics
    /// When the process id is out of range.
    pub fn adopt(&self, command: &mut Command) {
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
