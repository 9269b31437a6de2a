//! The program: its secrets, and a dropped connection.

use crate::payment::support::{CHARGE, FORM, KEY};
use crate::support::{self, Running, Signal, fails, request};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tokio::process::Command;

pub(crate) fn program() -> Command {
    support::stand_in("payment")
}

fn secrets(content: &str) -> (TempDir, PathBuf) {
    let folder = TempDir::new().expect("a folder for the secrets");
    let path = folder.path().join("secrets.json");
    fs::write(&path, content).expect("the secrets are written");
    (folder, path)
}

pub(crate) fn good_secrets() -> (TempDir, PathBuf) {
    secrets(&format!(r#"{{"payment-api-key": "{KEY}", "other": "x"}}"#))
}

pub(crate) async fn start(secrets: &Path) -> Running {
    Running::start(program().args(["--port", "0", "--secrets-file"]).arg(secrets)).await
}

#[tokio::test]
async fn a_fault_closes_a_connection_without_a_response_and_the_program_keeps_serving() {
    let (_folder, secrets) = good_secrets();
    let running = start(&secrets).await;
    let address = running.address("address");
    let plan = r#"{"next": 1, "fault": "drop-after"}"#;
    assert_eq!(support::call(address, "PUT", "/control/faults", plan).await.status, 204);
    let call = request(address, "POST", "/v1/payment_intents").bearer_auth(KEY);
    let dropped = call.header("Content-Type", FORM).body(CHARGE).send().await;
    assert!(dropped.is_err(), "{dropped:?}");
    let ledger = support::call(address, "GET", "/control/ledger", "").await.body;
    assert_eq!(ledger["payments"][0]["outcome"], "charged");
    running.stop(Signal::TERM).await;
}

#[tokio::test]
async fn invalid_secrets_are_exit_64_and_are_not_shown() {
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
