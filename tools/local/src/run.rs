//! Programs that run to their end.

use crate::LocalError;
use crate::guard::Guard;
use crate::log::Log;
use crate::wait::ticks;
use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

/// How often a program is checked for its end, and its progress is reported.
const POLL_INTERVAL: Duration = Duration::from_millis(250);

/// Runs `command` to its end, with its output in the file `log`. Calls `working` while it runs.
pub(crate) async fn logged(
    guard: &Guard,
    name: &str,
    mut command: Command,
    log: &Path,
    working: impl FnMut(),
) -> Result<(), LocalError> {
    let output = File::create(log).and_then(|log| Ok((log.try_clone()?, log)));
    let (output, errors) = output.map_err(LocalError::file("write", log))?;
    command.stdout(output).stderr(errors);
    let status = run(guard, name, command, working).await?;
    let failed = || LocalError::Failed { name: name.to_owned(), status, log: Log(log.to_owned()) };
    status.success().then_some(()).ok_or_else(failed)
}

/// Runs `command` to its end.
pub(crate) async fn run(
    guard: &Guard,
    name: &str,
    mut command: Command,
    mut working: impl FnMut(),
) -> Result<ExitStatus, LocalError> {
    guard.adopt(&mut command);
    let mut child = command.spawn().map_err(LocalError::run(name))?;
    let mut ticks = ticks(POLL_INTERVAL);
    loop {
        ticks.tick().await;
        if let Some(status) = Child::try_wait(&mut child).map_err(LocalError::run(name))? {
            return Ok(status);
        }
        working();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_output_of_a_failed_program_is_quoted() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("work.log");
        let guard = Guard::start().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "echo trying; echo no luck >&2; exit 2"]);
        let error = logged(&guard, "work", command, &log, || ()).await.unwrap_err().to_string();
        assert!(error.starts_with("work failed (exit status: 2); see "), "{error}");
        assert!(error.ends_with("\n  | trying\n  | no luck"), "{error}");
    }
}
