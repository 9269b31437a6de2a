//! A process that can be started, stopped, killed, paused and started again on the same ports.

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

/// How often a process is asked whether it is ready. Every ask costs a cold start a little.
const ASK_EVERY: Duration = Duration::from_millis(50);

/// How often it is looked whether a process has ended.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// A process of a cluster. It dies with the cluster.
///
/// No method is bound to the runtime that another was called from.
pub struct Process {
    name: String,
    log: Log,
    probe: Probe,
    life: Mutex<Life>,
}

struct Life {
    command: Command,
    child: Option<Child>,
    ended: Option<ExitStatus>,
}

impl Life {
    /// Notes whether the process has ended.
    fn look(&mut self) {
        if let Some(child) = &mut self.child
            && let Ok(Some(status)) = child.try_wait()
        {
            self.child = None;
            self.ended = Some(status);
        }
    }
}

impl Process {
    /// A process that is not started yet. Its output goes to the file `log`, which is emptied now.
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
        guard.take_in(&mut command);
        let life = Mutex::new(Life { command, child: None, ended: None });
        Ok(Self { name: name.to_owned(), log: Log(log), probe, life })
    }

    /// Its name: a function's, a function's with `.daprd` for its sidecar, or `redis`, `placement`,
    /// `scheduler`, `payment-simulator`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Starts it, with the same command as before; does nothing while it runs.
    ///
    /// # Errors
    /// [`LocalError::Run`], when it cannot be run.
    // Nothing is waited for; the signature leaves room for that.
    #[expect(clippy::unused_async, reason = "callers treat it like `kill` and `stop`")]
    pub async fn start(&self) -> Result<(), LocalError> {
        let mut life = self.life();
        if life.child.is_none() {
            let child = life.command.spawn().map_err(LocalError::run(&self.name))?;
            life.child = Some(child);
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
            let mut ticks = ticks(ASK_EVERY);
            loop {
                ticks.tick().await;
                if !self.alive() {
                    return Err(self.not_running());
                }
                match self.probe.ask().await {
                    Ok(()) => return Ok(()),
                    Err(lacking) => why = lacking,
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

    /// Kills it as a crash would, and waits until it is gone.
    pub async fn kill(&self) {
        self.signal(Signal::KILL);
        self.gone().await;
    }

    /// Asks it to stop, and kills it after `limit`. Says how it ended; nothing, if it never ran.
    pub async fn stop(&self, limit: Duration) -> Option<ExitStatus> {
        self.signal(Signal::TERM);
        // One that is paused hears of it only when it goes on.
        self.signal(Signal::CONT);
        if timeout(limit, self.gone()).await.is_err() {
            self.kill().await;
        }
        self.ended()
    }

    /// Makes it stand still, as a hang would.
    pub fn pause(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets it go on after [`pause`](Self::pause).
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    /// Its process id, while it runs.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.life().child.as_ref().map(Child::id)
    }

    /// Whether it runs; so does one that is paused.
    #[must_use]
    pub fn alive(&self) -> bool {
        self.life().child.is_some()
    }

    /// How it ended last; nothing, while it runs and before it was started.
    #[must_use]
    pub fn ended(&self) -> Option<ExitStatus> {
        let life = self.life();
        life.ended.filter(|_| life.child.is_none())
    }

    /// What it has said, over all its lives in this cluster.
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
        // As long as the lock is held, the process is not reaped, so its id cannot go to another.
        let life = self.life();
        if let Some(child) = &life.child {
            // One that ended this moment takes no signal, which is as good.
            let _ = kill_process(Pid::from_child(child), signal);
        }
    }

    async fn gone(&self) {
        let mut ticks = ticks(LOOK_EVERY);
        while self.alive() {
            ticks.tick().await;
        }
    }

    fn life(&self) -> MutexGuard<'_, Life> {
        let mut life = self.life.lock().unwrap_or_else(PoisonError::into_inner);
        life.look();
        life
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(mut child) = self.life().child.take() {
            // A failure cannot be reported here.
            let _ = child.kill().and_then(|()| child.wait());
        }
    }
}

/// The handles append, so that neither output nor errors, nor a later life, write over the others.
fn empty_log(log: &PathBuf) -> std::io::Result<File> {
    File::create(log)?;
    OpenOptions::new().append(true).open(log)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;
    use tempfile::TempDir;

    const MOMENT: Duration = Duration::from_secs(5);

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

    async fn says(process: &Process, text: &str) {
        let mut ticks = ticks(LOOK_EVERY);
        let said = async {
            while !process.log().contains(text) {
                ticks.tick().await;
            }
        };
        timeout(MOMENT, said).await.unwrap();
    }

    #[tokio::test]
    async fn a_process_that_dies_is_quoted() {
        let (_folder, _guard, process) = shell("echo out of cheese >&2; exit 3");
        process.start().await.unwrap();
        let error = process.ready(MOMENT).await.unwrap_err().to_string();
        assert!(error.starts_with("shell is not running (exit status: 3); see "), "{error}");
        assert!(error.ends_with("shell.log\n  | out of cheese"), "{error}");
    }

    #[tokio::test]
    async fn a_process_that_is_not_ready_in_time_says_why() {
        let (_folder, _guard, process) = shell("exec sleep 60");
        process.start().await.unwrap();
        let error = process.ready(Duration::from_secs(1)).await.unwrap_err().to_string();
        let why = "shell is not ready after 1 s: http://127.0.0.1:9/ does not answer";
        assert!(error.starts_with(why), "{error}");
    }

    #[tokio::test]
    async fn a_process_stops_when_asked_and_starts_again() {
        let (_folder, _guard, process) =
            shell("trap 'echo bye; exit 0' TERM; echo hello; sleep 60 & wait");
        assert_eq!((process.pid(), process.ended()), (None, None));
        process.start().await.unwrap();
        says(&process, "hello").await;
        assert!(process.alive() && process.pid().is_some());
        assert!(process.stop(MOMENT).await.unwrap().success());
        assert!(!process.alive());
        process.start().await.unwrap();
        assert_eq!(process.ended(), None);
        says(&process, "bye\nhello").await;
    }

    #[tokio::test]
    async fn a_process_that_does_not_stop_is_killed() {
        let (_folder, _guard, process) = shell("trap '' TERM; echo deaf; exec sleep 60");
        process.start().await.unwrap();
        says(&process, "deaf").await;
        process.pause();
        assert!(process.alive());
        let status = process.stop(Duration::from_millis(100)).await.unwrap();
        assert_eq!(status.signal(), Some(9));
    }
}
