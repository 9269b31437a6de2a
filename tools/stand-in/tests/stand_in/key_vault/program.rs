//! The running program.

use crate::support::{self, Running};
use std::net::SocketAddr;
use std::path::PathBuf;
use tempfile::TempDir;
use tokio::process::Command;

/// The identity header of the program.
pub(crate) const HEADER: &str = "header-0123456789";

pub(crate) struct Program {
    pub(crate) running: Running,
    pub(crate) vault: SocketAddr,
    pub(crate) identity: SocketAddr,
    pub(crate) proxy: SocketAddr,
    folder: TempDir,
}

pub(crate) fn command() -> Command {
    support::stand_in("key-vault")
}

impl Program {
    pub(crate) async fn start(arguments: &[&str]) -> Self {
        let folder = TempDir::new().expect("a folder for the certificate");
        let mut command = command();
        command.args(["--port", "0", "--identity-port", "0", "--proxy-port", "0", "--ca-file"]);
        command.arg(folder.path().join("ca.pem")).args(["--identity-header", HEADER]);
        let running = Running::start(command.args(arguments)).await;
        let names = ["address", "identity_address", "proxy_address"];
        let [vault, identity, proxy] = names.map(|name| running.address(name));
        Self { running, vault, identity, proxy, folder }
    }

    /// The file with the authority's certificate.
    pub(crate) fn authority(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }
}
