//! The program: its secrets and its certificate.

use crate::key_vault::program::{Program, command};
use crate::key_vault::support::Caller;
use crate::support::fails;
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

fn file(content: &str) -> (TempDir, PathBuf) {
    let folder = TempDir::new().expect("a folder for the secrets");
    let path = folder.path().join("secrets.json");
    fs::write(&path, content).expect("the secrets are written");
    (folder, path)
}

#[tokio::test]
async fn it_starts_with_the_secrets_in_the_file_and_their_tags() {
    let (_folder, path) = file(r#"{"api-key": "hush", "other": ""}"#);
    let tags = ["--tag", "api-key:Id=mk_first", "--tag", "api-key:At=http://127.0.0.1:1/a=b"];
    let path = path.display().to_string();
    let caller = Caller::start(&[&["--secrets-file", &path][..], &tags[..]].concat()).await;
    let secret = caller.get("/secrets/api-key").await;
    assert_eq!(secret.text("/value"), "hush");
    assert_eq!(secret.text("/tags/Id"), "mk_first");
    assert_eq!(secret.text("/tags/At"), "http://127.0.0.1:1/a=b");
    assert_eq!(caller.get("/secrets/other").await.body["value"], "");
    assert_eq!(caller.control("/control/secrets").await.body[0]["writes"], 0);
}

#[tokio::test]
async fn each_start_makes_a_new_certificate_and_writes_no_key() {
    let (one, other) = (Program::start(&[]).await, Program::start(&[]).await);
    let [one, other] = [one, other].map(|program| {
        let path = program.authority();
        let files = fs::read_dir(path.parent().unwrap()).unwrap().count();
        assert_eq!(files, 1);
        fs::read_to_string(path).unwrap()
    });
    assert!(one.starts_with("-----BEGIN CERTIFICATE-----") && !one.contains("PRIVATE"));
    assert_ne!(one, other);
}

#[tokio::test]
async fn invalid_secrets_are_exit_64_and_are_not_shown() {
    for (content, message) in [
        ("hush".to_owned(), "it is not JSON"),
        ("\"hush\"".to_owned(), "not an object"),
        (r#"{"a": ["hush"]}"#.to_owned(), "its \"a\" is not a string"),
        (r#"{"a_b": "hush"}"#.to_owned(), "letters, digits and dashes"),
        (format!(r#"{{"a": "{}"}}"#, "hush".repeat(7000)), "more than 25600 bytes"),
        (r#"{"b": "hush"}"#.to_owned(), "no \"a\" for --tag"),
    ] {
        let (folder, path) = file(&content);
        let mut command = command();
        command.args(["--identity-header", "h", "--tag", "a:b=c", "--secrets-file"]).arg(path);
        let stderr = fails(command.arg("--ca-file").arg(folder.path().join("ca.pem")), 64).await;
        assert!(stderr.contains(message) && !stderr.contains("hush"), "{stderr}");
    }
}
