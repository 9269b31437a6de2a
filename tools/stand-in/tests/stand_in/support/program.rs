//! The program as a process: its start line, its end and its exit codes.

use rustix::process::{Pid, kill_process};
use std::net::SocketAddr;
use std::process::{Output, Stdio};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};
use tokio::time::timeout;

pub(crate) use rustix::process::Signal;

/// Longer than any start, stop or response takes on a loaded machine.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(30);

/// A program that has written its start line. It is killed when it is dropped.
pub(crate) struct Running {
    child: Child,
    /// What follows the start line.
    stderr: Lines<BufReader<ChildStderr>>,
    /// The first line on stderr.
    pub(crate) start_line: String,
}

/// The program as the stand-in for `service`. It is killed when it is dropped.
pub(crate) fn stand_in(service: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stand-in"));
    command.arg(service).kill_on_drop(true).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a program that ends without a signal.
async fn finish(command: &mut Command) -> Output {
    timeout(TIMEOUT, command.output()).await.expect("an end in time").expect("the program starts")
}

/// Runs a program that must end without a signal, with `exit_code`, and returns its stderr.
pub(crate) async fn fails(command: &mut Command, exit_code: i32) -> String {
    let output = finish(command).await;
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(exit_code), "{stderr}");
    stderr
}

/// Asserts that `--help` succeeds and shows all `parts`.
pub(crate) async fn help_names(mut program: Command, parts: &[&str]) {
    let output = finish(program.arg("--help")).await;
    assert_eq!(output.status.code(), Some(0));
    let help = String::from_utf8_lossy(&output.stdout);
    for part in parts {
        assert!(help.contains(part), "{part} is not in {help}");
    }
}

/// Asserts that each port in `taken`, which has every option for a port, makes the program exit with 1
/// and name that option.
pub(crate) async fn taken_ports_are_named(
    program: impl Fn() -> Command,
    taken: &[(&'static str, SocketAddr)],
) {
    for (option, address) in taken {
        let mut command = program();
        for (other, _) in taken.iter().filter(|(other, _)| other != option) {
            command.args([other, "0"]);
        }
        let port = address.port().to_string();
        let stderr = fails(command.args([option, port.as_str()]), 1).await;
        assert!(
            stderr.contains(&format!("cannot listen on 127.0.0.1:{port}; {option}")),
            "{stderr}"
        );
        assert!(stderr.contains("in use"), "{stderr}");
    }
}

impl Running {
    /// Starts a program; returns once it has written its start line.
    pub(crate) async fn start(command: &mut Command) -> Self {
        let mut child = command.spawn().expect("the program starts");
        let mut stderr = BufReader::new(child.stderr.take().expect("stderr is piped")).lines();
        let line = timeout(TIMEOUT, stderr.next_line()).await.expect("a start line in time");
        let start_line = line.expect("stderr is readable").expect("a start line");
        Self { child, stderr, start_line }
    }

    /// The address in the field `name` of the start line.
    pub(crate) fn address(&self, name: &str) -> SocketAddr {
        let named = |field: &str| field.strip_prefix(name)?.strip_prefix('=')?.parse().ok();
        self.start_line.split(' ').find_map(named).expect("the start line names every address")
    }

    /// Signals the program to stop, which it must do with exit code 0 and without another line.
    pub(crate) async fn stop(mut self, signal: Signal) {
        let pid = self.child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        kill_process(pid.expect("the program runs"), signal).expect("the program can be signalled");
        let status = timeout(TIMEOUT, self.child.wait()).await.expect("an end in time");
        assert_eq!(status.expect("the program ends").code(), Some(0));
        assert_eq!(self.stderr.next_line().await.expect("stderr is readable"), None);
    }
}
