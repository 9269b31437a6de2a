//! The program: its start line, its exit codes and its help.

use std::process::Output;

use rustix::process::{Pid, Signal, kill_process};
use tokio::time::timeout;
use trace_sink::FaultKind;

use crate::support::{PATIENCE, PROTOBUF, Program, command, finish, request};

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test]
async fn it_serves_on_loopback_and_ends_cleanly_on_either_signal() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut program = Program::start().await;
        for address in [program.otlp_http, program.otlp_grpc, program.http] {
            assert!(address.ip().is_loopback());
        }
        assert_eq!(program.get("/healthz").await.status, 200);
        program.fault(FaultKind::Hang).await;
        let headers = format!("{PROTOBUF}\r\nContent-Length: 0");
        let _hanging = request(program.otlp_http, "POST", "/v1/traces", &headers, b"").await;
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
    let options = ["--otlp-http-port", "--otlp-grpc-port", "--http-port"];
    let taken = [program.otlp_http, program.otlp_grpc, program.http].map(|address| address.port());
    for (option, taken) in options.into_iter().zip(taken) {
        let mut command = command();
        for other in options.into_iter().filter(|other| *other != option) {
            command.args([other, "0"]);
        }
        let output = finish(command.args([option, &taken.to_string()])).await;
        assert_eq!(output.status.code(), Some(1));
        let told = told(&output);
        assert!(told.contains(&format!("cannot listen on 127.0.0.1:{taken}; {option}")), "{told}");
        assert!(told.contains("in use"), "{told}");
    }
}

#[tokio::test]
async fn a_wrong_command_line_is_exit_64() {
    for (arguments, message) in [
        (&["--otlp-http-port", "70000"][..], "70000"),
        (&["--otlp-grpc-port", "x"][..], "--otlp-grpc-port"),
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
    for part in [
        "--otlp-http-port",
        "4318",
        "--otlp-grpc-port",
        "4317",
        "--http-port",
        "8088",
        "/api/traces",
        "/api/metrics",
        "/control/faults",
    ] {
        assert!(help.contains(part), "{part} is not in {help}");
    }
}
