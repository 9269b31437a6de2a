//! Processes that can be started, stopped, killed, paused and restarted on the same ports.

use crate::LocalError;
use crate::guard::Guard;
use crate::log::Log;
use crate::probe::Probe;
use crate::wait::ticks;
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{File, OpenOptions};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::timeout;

/// How often a process is probed. Each probe slows down a cold start a little.
const PROBE_INTERVAL: Duration = Duration::from_millis(50);

/// How often a process is checked for its end.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// A process of a cluster. It is killed with the cluster.
///
/// Its methods may be called from different runtimes.
pub struct Process {
    name: String,
    log: Log,
    probe: Probe,
    state: Mutex<State>,
}

struct State {
    command: Command,
    child: Option<Child>,
    ended: Option<ExitStatus>,
}

impl State {
    /// Records the end of the process, if it has ended.
    fn poll(&mut self) {
        if let Some(child) = &mut self.child
            && let Ok(Some(status)) = child.try_wait()
        {
            self.child = None;
            self.ended = Some(status);
        }
    }
}

impl Process {
    /// A process that is not started yet. Its output is written to the file `log`, which is truncated now.
    pub(crate) fn new(
        guard: &Guard,
        name: &str,
        mut command: Command,
        log: PathBuf,
        probe: Probe,
    ) -> Result<Self, LocalError> {
        let output = empty_log(&log).and_then(|log| Ok((log.try_clone()?, log)));
        let (output, errors) = output.map_err(LocalError::file("write", &log))?;
        command.stdout(output).stderr(errors);
        guard.adopt(&mut command);
        let state = Mutex::new(State { command, child: None, ended: None });
        Ok(Self { name: name.to_owned(), log: Log(log), probe, state })
    }

    /// Its name: a function's, a function's with `.daprd` for its sidecar, or `redis`, `placement`,
    /// `scheduler`, `payment-simulator`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Starts it, always with the same command. Does nothing while it runs.
    ///
    /// # Errors
    /// [`LocalError::Run`], when it cannot be run.
    #[expect(clippy::unused_async, reason = "callers treat it like `kill` and `stop`")]
    pub async fn start(&self) -> Result<(), LocalError> {
        let mut state = self.state();
        if state.child.is_none() {
            let child = state.command.spawn().map_err(LocalError::run(&self.name))?;
            state.child = Some(child);
        }
        Ok(())
    }

    /// Waits until it is ready, for at most `limit`.
    ///
    /// # Errors
    /// [`LocalError::Ended`] as soon as it ends, [`LocalError::NotReady`] after `limit`.
    pub async fn ready(&self, limit: Duration) -> Result<(), LocalError> {
        let mut why = String::new();
        let ready = async {
            let mut ticks = ticks(PROBE_INTERVAL);
            loop {
                ticks.tick().await;
                if !self.alive() {
                    return Err(self.not_running());
                }
                match self.probe.run().await {
                    Ok(()) => return Ok(()),
                    Err(reason) => why = reason,
                }
            }
        };
        match timeout(limit, ready).await {
            Ok(ready) => ready,
            Err(_) => Err(LocalError::NotReady {
                name: self.name.clone(),
                seconds: limit.as_secs(),
                why,
                log: self.log.clone(),
            }),
        }
    }

    fn not_running(&self) -> LocalError {
        let ended = self.ended();
        let how = ended.map_or("it was never started".to_owned(), |status| status.to_string());
        LocalError::Ended { name: self.name.clone(), how, log: self.log.clone() }
    }

    /// Kills it, as a crash would, and waits until it has ended.
    pub async fn kill(&self) {
        self.signal(Signal::KILL);
        self.exited().await;
    }

    /// Signals it to stop, and kills it after `limit`. Returns its exit status; None if it never ran.
    pub async fn stop(&self, limit: Duration) -> Option<ExitStatus> {
        self.signal(Signal::TERM);
        // A paused process gets the signal only when it continues.
        self.signal(Signal::CONT);
        if timeout(limit, self.exited()).await.is_err() {
            self.kill().await;
        }
        self.ended()
    }

    /// Suspends it, as if it hung.
    pub fn pause(&self) {
        self.signal(Signal::STOP);
    }

    /// Continues it after [`pause`](Self::pause).
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    /// Its process id, while it runs.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.state().child.as_ref().map(Child::id)
    }

    /// Whether it runs, paused or not.
    #[must_use]
    pub fn alive(&self) -> bool {
        self.state().child.is_some()
    }

    /// Its last exit status; None while it runs and before its first start.
    #[must_use]
    pub fn ended(&self) -> Option<ExitStatus> {
        let state = self.state();
        state.ended.filter(|_| state.child.is_none())
    }

    /// Its output in this cluster, over all restarts.
    #[must_use]
    pub fn log(&self) -> String {
        self.log.text()
    }

    /// The file of [`log`](Self::log).
    #[must_use]
    pub fn log_file(&self) -> &std::path::Path {
        &self.log.0
    }

    fn signal(&self, signal: Signal) {
        // While the lock is held, the process is not reaped, so its id is not reused.
        let state = self.state();
        if let Some(child) = &state.child {
            // It may have just ended, which is fine.
            let _ = kill_process(Pid::from_child(child), signal);
        }
    }

    async fn exited(&self) {
        let mut ticks = ticks(POLL_INTERVAL);
        while self.alive() {
            ticks.tick().await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.poll();
        state
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(mut child) = self.state().child.take() {
            // A failure cannot be reported here.
            let _ = child.kill().and_then(|()| child.wait());
        }
    }
}

/// The handles append, so that standard output, standard error and restarts do not overwrite each other.
fn empty_log(log: &PathBuf) -> std::io::Result<File> {
    File::create(log)?;
    OpenOptions::new().append(true).open(log)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;
    use tempfile::TempDir;

    const LIMIT: Duration = Duration::from_secs(5);

    fn shell(script: &str) -> (TempDir, Guard, Process) {
        let folder = tempfile::tempdir().unwrap();
        let guard = Guard::start().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        let probe = Probe::Get("http://127.0.0.1:9/".to_owned());
        let process =
            Process::new(&guard, "shell", command, folder.path().join("shell.log"), probe).unwrap();
        (folder, guard, process)
    }

    async fn prints(process: &Process, text: &str) {
        let mut ticks = ticks(POLL_INTERVAL);
        let printed = async {
            while !process.log().contains(text) {
                ticks.tick().await;
            }
        };
        timeout(LIMIT, printed).await.unwrap();
    }

    #[tokio::test]
    async fn the_output_of_a_failed_process_is_quoted() {
        let (_folder, _guard, process) = shell("echo out of disk >&2; exit 3");
        process.start().await.unwrap();
        let error = process.ready(LIMIT).await.unwrap_err().to_string();
        assert!(error.starts_with("shell is not running (exit status: 3); see "), "{error}");
        assert!(error.ends_with("shell.log\n  | out of disk"), "{error}");
    }

    #[tokio::test]
    async fn a_process_that_is_not_ready_in_time_is_reported_with_the_reason() {
        let (_folder, _guard, process) = shell("exec sleep 60");
        process.start().await.unwrap();
        let error = process.ready(Duration::from_secs(1)).await.unwrap_err().to_string();
        let why = "shell is not ready after 1 s: http://127.0.0.1:9/ does not respond";
        assert!(error.starts_with(why), "{error}");
    }

    #[tokio::test]
    async fn a_process_stops_when_signalled_and_starts_again() {
        let (_folder, _guard, process) =
            shell("trap 'echo bye; exit 0' TERM; echo hello; sleep 60 & wait");
        assert_eq!((process.pid(), process.ended()), (None, None));
        process.start().await.unwrap();
        prints(&process, "hello").await;
        assert!(process.alive() && process.pid().is_some());
        assert!(process.stop(LIMIT).await.unwrap().success());
        assert!(!process.alive());
        process.start().await.unwrap();
        assert_eq!(process.ended(), None);
        prints(&process, "bye\nhello").await;
    }

    #[tokio::test]
    async fn a_process_that_does_not_stop_is_killed() {
        let (_folder, _guard, process) = shell("trap '' TERM; echo ready; exec sleep 60");
        process.start().await.unwrap();
        prints(&process, "ready").await;
        process.pause();
        assert!(process.alive());
        let status = process.stop(Duration::from_millis(100)).await.unwrap();
        assert_eq!(status.signal(), Some(9));
    }
}
