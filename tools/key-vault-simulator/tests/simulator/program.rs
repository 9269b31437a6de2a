//! The running program.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};
use tokio::time::timeout;

/// Longer than any start, stop or answer takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// What callers show to get a token.
pub(crate) const HEADER: &str = "header-0123456789";

/// Ends with its handle.
pub(crate) struct Program {
    child: Child,
    /// What it has still to tell.
    stderr: Lines<BufReader<ChildStderr>>,
    pub(crate) vault: SocketAddr,
    pub(crate) identity: SocketAddr,
    pub(crate) proxy: SocketAddr,
    folder: TempDir,
}

pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_key-vault-simulator"));
    command.kill_on_drop(true).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

impl Program {
    pub(crate) async fn start(arguments: &[&str]) -> Self {
        let folder = TempDir::new().expect("a folder for the certificate");
        let mut command = command();
        command.args(["--port", "0", "--identity-port", "0", "--proxy-port", "0", "--ca-file"]);
        command.arg(folder.path().join("ca.pem")).args(["--identity-header", HEADER]);
        let mut child = command.args(arguments).spawn().expect("the program starts");
        let mut stderr = BufReader::new(child.stderr.take().expect("stderr is piped")).lines();
        let line = timeout(PATIENCE, stderr.next_line()).await.expect("a start line in time");
        let line = line.expect("stderr is readable").expect("a start line");
        let address = |name: &str| {
            let named = |field: &str| field.strip_prefix(name)?.strip_prefix('=')?.parse().ok();
            line.split(' ').find_map(named).expect("the start line names every address")
        };
        let (vault, identity) = (address("address"), address("identity_address"));
        let proxy = address("proxy_address");
        Self { child, stderr, vault, identity, proxy, folder }
    }

    /// The file with the authority's certificate.
    pub(crate) fn authority(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Tells the program to stop, which it does well and without another word.
    pub(crate) async fn stop(mut self, signal: Signal) {
        let pid = self.child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        kill_process(pid.expect("the program runs"), signal).expect("the program can be told");
        let status = timeout(PATIENCE, self.child.wait()).await.expect("an end in time");
        assert_eq!(status.expect("the program ends").code(), Some(0));
        let told = self.stderr.next_line().await.expect("stderr is readable");
        assert_eq!(told, None);
    }
}
