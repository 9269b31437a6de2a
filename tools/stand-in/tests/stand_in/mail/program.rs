//! The program: its start line, its exit codes and its help.

use crate::mail::support::{Program, command};
use crate::support::{Signal, fails, help_names, taken_ports_are_named};

#[tokio::test]
async fn it_serves_on_loopback_and_ends_cleanly_on_either_signal() {
    for signal in [Signal::TERM, Signal::INT] {
        let program = Program::start().await;
        assert!(program.smtp.ip().is_loopback() && program.http.ip().is_loopback());
        assert_eq!(program.get("/healthz").await.status, 200);
        let mut open = program.talk().await;
        open.address("a@x.org", "b@x.org").await;
        program.running.stop(signal).await;
    }
}

#[tokio::test]
async fn a_taken_port_is_exit_1_and_names_the_option() {
    let program = Program::start().await;
    let taken = [("--smtp-port", program.smtp), ("--http-port", program.http)];
    taken_ports_are_named(command, &taken).await;
}

#[tokio::test]
async fn a_wrong_command_line_is_exit_64() {
    for (arguments, message) in [
        (&["--smtp-port", "70000"][..], "70000"),
        (&["--http-port", "x"][..], "--http-port"),
        (&["--http-port"][..], "--http-port"),
        (&["--port", "1"][..], "--port"),
        (&["extra"][..], "extra"),
    ] {
        let stderr = fails(command().args(arguments), 64).await;
        assert!(stderr.contains(message), "{stderr}");
    }
}

#[tokio::test]
async fn help_names_every_option_and_exits_with_0() {
    let parts = ["--smtp-port", "1025", "--http-port", "8025", "/api/mails", "/control/faults"];
    help_names(command(), &parts).await;
}
