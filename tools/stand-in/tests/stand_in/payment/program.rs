//! The program: its start line, its exit codes and its silence about the key.

use crate::payment::support::{CHARGE, FORM, KEY};
use crate::support::{
    self, PATIENCE, Running, Signal, fails, help_names, request, taken_ports_are_named,
};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::process::Command;
use tokio::time::timeout;

fn program() -> Command {
    support::stand_in("payment")
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
    Running::start(program().args(["--port", "0", "--secrets-file"]).arg(secrets)).await
}

#[tokio::test]
async fn it_serves_on_loopback_and_ends_cleanly_on_either_signal() {
    let (_folder, secrets) = good_secrets();
    for signal in [Signal::TERM, Signal::INT] {
        let running = start(&secrets).await;
        let address = running.address("address");
        assert!(address.ip().is_loopback());
        assert_eq!(support::call(address, "GET", "/healthz", "").await.status, 200);
        assert!(!running.start_line.contains(KEY));
        running.stop(signal).await;
    }
}

#[tokio::test]
async fn a_fault_closes_a_connection_without_an_answer_and_the_program_serves_on() {
    let (_folder, secrets) = good_secrets();
    let running = start(&secrets).await;
    let address = running.address("address");
    let plan = r#"{"next": 1, "fault": "drop-after"}"#;
    assert_eq!(support::call(address, "PUT", "/control/faults", plan).await.status, 204);
    let form = CHARGE.as_bytes();
    let headers = format!(
        "Authorization: Bearer {KEY}\r\nContent-Type: {FORM}\r\nContent-Length: {}",
        form.len()
    );
    let mut stream = request(address, "POST", "/v1/payment_intents", &headers, form).await;
    let mut answer = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut answer)).await.unwrap().unwrap();
    assert!(answer.is_empty(), "{answer:?}");
    let ledger = support::call(address, "GET", "/control/ledger", "").await.json();
    assert_eq!(ledger["payments"][0]["outcome"], "charged");
    running.stop(Signal::TERM).await;
}

#[tokio::test]
async fn a_taken_port_is_exit_1_and_says_so() {
    let (_folder, secrets) = good_secrets();
    let running = start(&secrets).await;
    let taken = [("--port", running.address("address"))];
    let with_secrets = || {
        let mut command = program();
        command.arg("--secrets-file").arg(&secrets);
        command
    };
    taken_ports_are_named(with_secrets, &taken).await;
}

#[tokio::test]
async fn bad_secrets_are_exit_64_and_stay_secret() {
    for (content, message) in [
        (format!("\"{KEY}\""), "not an object"),
        (format!("{KEY} is not JSON"), "it is not JSON"),
        (format!(r#"{{"payment-api-key": ["{KEY}"]}}"#), "payment-api-key"),
        (format!(r#"{{"payment-api-key": "{KEY} spaced"}}"#), "without spaces"),
        (r#"{"payment-api-key": ""}"#.to_owned(), "1 to 255"),
        (format!(r#"{{"payment_api_key": "{KEY}"}}"#), "payment-api-key"),
    ] {
        let (_folder, path) = secrets(&content);
        let stderr = fails(program().arg("--secrets-file").arg(&path), 64).await;
        assert!(stderr.contains(message) && !stderr.contains(KEY), "{stderr}");
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
        let stderr = fails(program().args(arguments), 64).await;
        assert!(stderr.contains(message), "{stderr}");
    }
}

#[tokio::test]
async fn help_names_every_option_and_exits_with_0() {
    let parts = [
        "--port",
        "--secrets-file",
        "payment-api-key",
        "/control/ledger",
        "/control/keys",
        "/control/settlement",
        "/control/clock",
    ];
    help_names(program(), &parts).await;
}
