//! What every stand-in does as a program: start line, stop, exit codes and help.

use crate::support::{Running, Signal, fails, help_names, stand_in, taken_ports_are_named};
use crate::{key_vault, mail, payment, trace};
use stand_in::trace::FaultKind;
use std::net::SocketAddr;
use tempfile::TempDir;
use tokio::process::Command;

const SIGNALS: [Signal; 2] = [Signal::TERM, Signal::INT];

fn assert_loopback(addresses: &[SocketAddr]) {
    assert!(addresses.iter().all(|address| address.ip().is_loopback()), "{addresses:?}");
}

#[tokio::test]
async fn payment_serves_on_loopback_and_ends_cleanly_on_either_signal() {
    let (_folder, secrets) = payment::program::good_secrets();
    for signal in SIGNALS {
        let running = payment::program::start(&secrets).await;
        let address = running.address("address");
        assert_loopback(&[address]);
        assert_eq!(crate::support::call(address, "GET", "/healthz", "").await.status, 200);
        assert!(!running.start_line.contains(payment::support::KEY));
        running.stop(signal).await;
    }
}

#[tokio::test]
async fn the_stand_ins_of_a_cluster_listen_where_they_are_asked_to() {
    let (_folder, secrets) = payment::program::good_secrets();
    let mut payment = stand_in("payment");
    payment.args(["--port", "0", "--secrets-file"]).arg(&secrets);
    let mut mail = stand_in("mail");
    mail.args(["--smtp-port", "0", "--http-port", "0"]);
    for (mut program, names) in
        [(payment, &["address"][..]), (mail, &["smtp_address", "http_address"])]
    {
        let running = Running::start(program.args(["--address", "0.0.0.0"])).await;
        for name in names {
            assert!(running.address(name).ip().is_unspecified(), "{name}");
        }
    }
}

#[tokio::test]
async fn mail_serves_on_loopback_and_ends_cleanly_on_either_signal() {
    for signal in SIGNALS {
        let program = mail::support::Program::start().await;
        assert_loopback(&[program.smtp, program.http]);
        assert_eq!(program.get("/healthz").await.status, 200);
        let mut open = program.connect().await;
        open.begin_mail("a@x.org", "b@x.org").await;
        program.running.stop(signal).await;
    }
}

#[tokio::test]
async fn trace_serves_on_loopback_and_ends_cleanly_on_either_signal() {
    for signal in SIGNALS {
        let program = trace::support::Program::start().await;
        assert_loopback(&[program.otlp_http, program.http]);
        assert_eq!(program.get("/healthz").await.status, 200);
        program.fault(FaultKind::Hang).await;
        let hanging = tokio::spawn(program.request("/v1/traces", Vec::new()).send());
        program.running.stop(signal).await;
        assert!(hanging.await.unwrap().is_err());
    }
}

#[tokio::test]
async fn key_vault_serves_on_loopback_and_ends_cleanly_on_either_signal() {
    for signal in SIGNALS {
        let caller = key_vault::support::Caller::start(&[]).await;
        assert_eq!(caller.control("/healthz").await.status, 200);
        let program = caller.program;
        assert_loopback(&[program.vault, program.identity, program.proxy]);
        program.running.stop(signal).await;
    }
}

#[tokio::test]
async fn a_taken_port_is_exit_1_and_its_option_is_named() {
    let (_folder, secrets) = payment::program::good_secrets();
    let payment = payment::program::start(&secrets).await;
    let with_secrets =
        || with(stand_in("payment"), &["--secrets-file", &secrets.to_string_lossy()]);
    taken_ports_are_named(with_secrets, &[("--port", payment.address("address"))]).await;

    let mail = mail::support::Program::start().await;
    let taken = [("--smtp-port", mail.smtp), ("--http-port", mail.http)];
    taken_ports_are_named(|| stand_in("mail"), &taken).await;

    let trace = trace::support::Program::start().await;
    let taken = [("--otlp-http-port", trace.otlp_http), ("--http-port", trace.http)];
    taken_ports_are_named(|| stand_in("trace"), &taken).await;

    let vault = key_vault::program::Program::start(&[]).await;
    let folder = TempDir::new().unwrap();
    let ca_file = folder.path().join("ca.pem").to_string_lossy().into_owned();
    let needed = ["--identity-header", "h", "--ca-file", &ca_file];
    let taken = [
        ("--port", vault.vault),
        ("--identity-port", vault.identity),
        ("--proxy-port", vault.proxy),
    ];
    taken_ports_are_named(|| with(stand_in("key-vault"), &needed), &taken).await;
}

fn with(mut command: Command, arguments: &[&str]) -> Command {
    command.args(arguments);
    command
}

#[tokio::test]
async fn a_path_that_cannot_be_written_is_exit_1_and_named() {
    let arguments = "--port 0 --identity-port 0 --proxy-port 0 --identity-header h \
                     --ca-file /nowhere/ca.pem";
    let stderr = fails(stand_in("key-vault").args(arguments.split_whitespace()), 1).await;
    assert!(stderr.contains("/nowhere/ca.pem"), "{stderr}");
}

#[tokio::test]
async fn a_wrong_command_line_is_exit_64_and_says_what_is_wrong() {
    const NEEDED: &str = "key-vault --identity-header h --ca-file /nowhere/ca.pem";
    for (line, message) in [
        ("mail --smtp-port 70000", "70000"),
        ("mail --http-port x", "--http-port"),
        ("mail --http-port", "--http-port"),
        ("mail --port 1", "--port"),
        ("mail extra", "extra"),
        ("trace --otlp-http-port 70000", "70000"),
        ("trace --http-port", "--http-port"),
        ("trace --port 1", "--port"),
        ("trace extra", "extra"),
        ("payment --secrets-file /nowhere/secrets.json", "/nowhere/secrets.json"),
        ("payment", "--secrets-file"),
        ("payment --port 70000", "70000"),
        ("payment --api-key x", "--api-key"),
        ("key-vault --ca-file /nowhere/ca.pem", "--identity-header"),
        ("key-vault --identity-header h", "--ca-file"),
        ("key-vault --port 70000", "70000"),
        (&format!("{NEEDED} --tag a:b=c"), "--secrets-file"),
        (&format!("{NEEDED} --secrets-file x --tag a"), "SECRET:NAME=VALUE"),
        (&format!("{NEEDED} --secrets-file /nowhere/s"), "/nowhere/s"),
    ] {
        let (service, arguments) = line.split_once(' ').unwrap_or((line, ""));
        let stderr = fails(stand_in(service).args(arguments.split_whitespace()), 64).await;
        assert!(stderr.contains(message), "{line}: {stderr}");
    }
    let spaced = fails(stand_in("key-vault").args(["--identity-header", "a b"]), 64).await;
    assert!(spaced.contains("printable ASCII"), "{spaced}");
}

#[tokio::test]
async fn help_names_every_option_and_control_path() {
    for (service, parts) in [
        ("mail", "--smtp-port 1025 --http-port 8025 /api/mails /control/faults"),
        (
            "trace",
            "--otlp-http-port 4318 --http-port 8088 /api/traces /api/metrics /control/faults",
        ),
        (
            "payment",
            "--port --secrets-file payment-api-key /control/ledger /control/keys \
             /control/settlement /control/clock",
        ),
        (
            "key-vault",
            "--port --identity-port --proxy-port --identity-header --secrets-file --tag --ca-file \
             IDENTITY_ENDPOINT SSL_CERT_FILE HTTPS_PROXY /control/secrets /control/faults \
             /control/near-expiry",
        ),
    ] {
        help_names(stand_in(service), &parts.split_whitespace().collect::<Vec<_>>()).await;
    }
}
