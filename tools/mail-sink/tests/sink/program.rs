//! The program: its start line, its exit codes and its help.

use std::process::Output;

use rustix::process::{Pid, Signal, kill_process};
use tokio::time::timeout;

use crate::support::{PATIENCE, Program, command, finish};

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test]
async fn it_serves_on_loopback_and_ends_cleanly_on_either_signal() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut program = Program::start().await;
        assert!(program.smtp.ip().is_loopback() && program.http.ip().is_loopback());
        assert_eq!(program.get("/healthz").await.status, 200);
        let mut open = program.talk().await;
        open.address("a@x.org", "b@x.org").await;
        let pid = program.child.id().and_then(|id| Pid::from_raw(id.cast_signed())).unwrap();
        kill_process(pid, signal).unwrap();
        let status = timeout(PATIENCE, program.child.wait()).await.unwrap().unwrap();
        assert_eq!(status.code(), Some(0));
        assert_eq!(program.stderr.next_line().await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_taken_port_is_exit_1_and_names_the_option() {
    let program = Program::start().await;
    for (option, other, taken) in [
        ("--smtp-port", "--http-port", program.smtp.port()),
        ("--http-port", "--smtp-port", program.http.port()),
    ] {
        let output = finish(command().args([option, &taken.to_string(), other, "0"])).await;
        assert_eq!(output.status.code(), Some(1));
        let told = told(&output);
        assert!(told.contains(&format!("cannot listen on 127.0.0.1:{taken}; {option}")), "{told}");
        assert!(told.contains("in use"), "{told}");
    }
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
        let output = finish(command().args(arguments)).await;
        let told = told(&output);
        assert_eq!(output.status.code(), Some(64), "{told}");
        assert!(told.contains(message), "{told}");
    }
}

#[tokio::test]
async fn help_names_every_option_and_ends_well() {
    let output = finish(command().arg("--help")).await;
    assert_eq!(output.status.code(), Some(0));
    let help = String::from_utf8(output.stdout).unwrap();
    for part in ["--smtp-port", "1025", "--http-port", "8025", "/api/mails", "/control/faults"] {
        assert!(help.contains(part), "{help}");
    }
}
