//! The program: its start line, its exit codes and its silence about the key.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStderr, Command};
use tokio::time::timeout;

use crate::support::KEY;

/// Longer than any start or stop takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

struct Running {
    child: Child,
    stderr: Lines<BufReader<ChildStderr>>,
    start_line: String,
    address: SocketAddr,
}

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_payment-simulator"));
    command.kill_on_drop(true).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn secrets(content: &str) -> (TempDir, PathBuf) {
    let folder = TempDir::new().expect("a folder for the secrets");
    let path = folder.path().join("secrets.json");
    fs::write(&path, content).expect("the secrets are written");
    (folder, path)
}

fn good_secrets() -> (TempDir, PathBuf) {
    secrets(&format!(r#"{{"payment-api-key": "{KEY}", "other": "x"}}"#))
}

async fn start(secrets: &Path) -> Running {
    let mut command = program();
    let mut child = command
        .args(["--port", "0", "--secrets-file"])
        .arg(secrets)
        .spawn()
        .expect("the program starts");
    let mut stderr = BufReader::new(child.stderr.take().expect("stderr is piped")).lines();
    let line = timeout(PATIENCE, stderr.next_line()).await.expect("a start line in time");
    let start_line = line.expect("stderr is readable").expect("a start line");
    let (_, address) = start_line.rsplit_once("address=").expect("the start line has an address");
    let address = address.trim().parse().expect("the address is one");
    Running { child, stderr, start_line, address }
}

async fn finish(command: &mut Command) -> Output {
    timeout(PATIENCE, command.output()).await.expect("an end in time").expect("the program starts")
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test]
async fn it_serves_on_loopback_and_ends_cleanly_on_either_signal() {
    let (_folder, secrets) = good_secrets();
    for signal in [Signal::TERM, Signal::INT] {
        let mut running = start(&secrets).await;
        assert!(running.address.ip().is_loopback());
        let mut stream = TcpStream::connect(running.address).await.unwrap();
        let request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        stream.write_all(request).await.unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).await.unwrap();
        assert!(response.starts_with("HTTP/1.1 200"), "{response}");
        let pid = running.child.id().and_then(|id| Pid::from_raw(id.cast_signed())).unwrap();
        kill_process(pid, signal).unwrap();
        let status = timeout(PATIENCE, running.child.wait()).await.unwrap().unwrap();
        assert_eq!(status.code(), Some(0));
        assert_eq!(running.stderr.next_line().await.unwrap(), None);
        assert!(!running.start_line.contains(KEY));
    }
}

#[tokio::test]
async fn a_taken_port_is_exit_1_and_says_so() {
    let (_folder, secrets) = good_secrets();
    let running = start(&secrets).await;
    let port = running.address.port().to_string();
    let output = finish(program().args(["--port", &port, "--secrets-file"]).arg(&secrets)).await;
    assert_eq!(output.status.code(), Some(1));
    let told = told(&output);
    assert!(told.contains(&format!("cannot listen on 127.0.0.1:{port}")), "{told}");
    assert!(told.contains("in use"), "{told}");
}

#[tokio::test]
async fn bad_secrets_are_exit_64_and_stay_secret() {
    for (content, message) in [
        (format!("\"{KEY}\""), "payment-api-key"),
        (format!("{KEY} is not JSON"), "it is not JSON"),
        (format!(r#"{{"payment-api-key": ["{KEY}"]}}"#), "payment-api-key"),
        (format!(r#"{{"payment-api-key": "{KEY} spaced"}}"#), "without spaces"),
        (r#"{"payment-api-key": ""}"#.to_owned(), "1 to 255"),
        (format!(r#"{{"payment_api_key": "{KEY}"}}"#), "payment-api-key"),
    ] {
        let (_folder, path) = secrets(&content);
        let output = finish(program().arg("--secrets-file").arg(&path)).await;
        let told = told(&output);
        assert_eq!(output.status.code(), Some(64), "{told}");
        assert!(told.contains(message) && !told.contains(KEY), "{told}");
    }
}

#[tokio::test]
async fn a_missing_file_or_a_wrong_command_line_is_exit_64() {
    for (arguments, message) in [
        (&["--secrets-file", "/nowhere/secrets.json"][..], "/nowhere/secrets.json"),
        (&[][..], "--secrets-file"),
        (&["--port", "70000"][..], "70000"),
        (&["--api-key", "x"][..], "--api-key"),
    ] {
        let output = finish(program().args(arguments)).await;
        let told = told(&output);
        assert_eq!(output.status.code(), Some(64), "{told}");
        assert!(told.contains(message), "{told}");
    }
}

#[tokio::test]
async fn help_names_every_option_and_ends_well() {
    let output = finish(program().arg("--help")).await;
    assert_eq!(output.status.code(), Some(0));
    let help = String::from_utf8(output.stdout).unwrap();
    for part in ["--port", "--secrets-file", "payment-api-key", "/control/ledger", "/control/keys"]
    {
        assert!(help.contains(part), "{help}");
    }
}
