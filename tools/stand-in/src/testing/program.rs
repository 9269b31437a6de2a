//! The program as a process: its start line, its end and its exit codes.

use std::net::SocketAddr;
use std::process::{Output, Stdio};
use std::time::Duration;

use rustix::process::{Pid, kill_process};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};
use tokio::time::timeout;

pub use rustix::process::Signal;

/// Longer than any start, stop or answer takes on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A program that has told its start line; ends with its handle.
pub struct Running {
    child: Child,
    /// What it has still to tell.
    stderr: Lines<BufReader<ChildStderr>>,
    /// The first line on stderr.
    pub start_line: String,
}

/// The program at `path`, which cargo gives as `CARGO_BIN_EXE_…`; ends with its handle.
#[must_use]
pub fn program(path: &str) -> Command {
    let mut command = Command::new(path);
    command.kill_on_drop(true).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a program that ends by itself.
async fn finish(command: &mut Command) -> Output {
    timeout(PATIENCE, command.output()).await.expect("an end in time").expect("the program starts")
}

/// Runs a program that must end by itself with `exit_code`; what it told on stderr.
pub async fn fails(command: &mut Command, exit_code: i32) -> String {
    let output = finish(command).await;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(exit_code), "{told}");
    told
}

/// Asserts that `--help` ends well and has all `parts`.
pub async fn help_names(mut program: Command, parts: &[&str]) {
    let output = finish(program.arg("--help")).await;
    assert_eq!(output.status.code(), Some(0));
    let help = String::from_utf8_lossy(&output.stdout);
    for part in parts {
        assert!(help.contains(part), "{part} is not in {help}");
    }
}

/// Asserts that each taken port is exit 1, and that its option is named. `taken` has all options
/// that choose ports.
pub async fn taken_ports_are_named(
    program: impl Fn() -> Command,
    taken: &[(&'static str, SocketAddr)],
) {
    for (option, address) in taken {
        let mut command = program();
        for (other, _) in taken.iter().filter(|(other, _)| other != option) {
            command.args([other, "0"]);
        }
        let port = address.port().to_string();
        let told = fails(command.args([option, port.as_str()]), 1).await;
        assert!(told.contains(&format!("cannot listen on 127.0.0.1:{port}; {option}")), "{told}");
        assert!(told.contains("in use"), "{told}");
    }
}

impl Running {
    /// Starts a program; returns once it has told its start line.
    pub async fn start(command: &mut Command) -> Self {
        let mut child = command.spawn().expect("the program starts");
        let mut stderr = BufReader::new(child.stderr.take().expect("stderr is piped")).lines();
        let line = timeout(PATIENCE, stderr.next_line()).await.expect("a start line in time");
        let start_line = line.expect("stderr is readable").expect("a start line");
        Self { child, stderr, start_line }
    }

    /// The address that the start line gives under `name`.
    #[must_use]
    pub fn address(&self, name: &str) -> SocketAddr {
        let named = |field: &str| field.strip_prefix(name)?.strip_prefix('=')?.parse().ok();
        self.start_line.split(' ').find_map(named).expect("the start line names every address")
    }

    /// Tells the program to stop, which it must do well and without another word.
    pub async fn stop(mut self, signal: Signal) {
        let pid = self.child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        kill_process(pid.expect("the program runs"), signal).expect("the program can be told");
        let status = timeout(PATIENCE, self.child.wait()).await.expect("an end in time");
        assert_eq!(status.expect("the program ends").code(), Some(0));
        assert_eq!(self.stderr.next_line().await.expect("stderr is readable"), None);
    }
}
