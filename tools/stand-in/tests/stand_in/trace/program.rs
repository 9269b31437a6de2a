//! The program: its start line, its exit codes and its help.

use crate::support::{Signal, fails, help_names, request, taken_ports_are_named};
use crate::trace::support::{PROTOBUF, Program, command};
use stand_in::trace::FaultKind;

#[tokio::test]
async fn it_serves_on_loopback_and_ends_cleanly_on_either_signal() {
    for signal in [Signal::TERM, Signal::INT] {
        let program = Program::start().await;
        for address in [program.otlp_http, program.otlp_grpc, program.http] {
            assert!(address.ip().is_loopback());
        }
        assert_eq!(program.get("/healthz").await.status, 200);
        program.fault(FaultKind::Hang).await;
        let headers = format!("{PROTOBUF}\r\nContent-Length: 0");
        let _hanging = request(program.otlp_http, "POST", "/v1/traces", &headers, b"").await;
        program.running.stop(signal).await;
    }
}

#[tokio::test]
async fn a_taken_port_is_exit_1_and_names_the_option() {
    let program = Program::start().await;
    let taken = [
        ("--otlp-http-port", program.otlp_http),
        ("--otlp-grpc-port", program.otlp_grpc),
        ("--http-port", program.http),
    ];
    taken_ports_are_named(command, &taken).await;
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
        let stderr = fails(command().args(arguments), 64).await;
        assert!(stderr.contains(message), "{stderr}");
    }
}

#[tokio::test]
async fn help_names_every_option_and_exits_with_0() {
    let parts = [
        "--otlp-http-port",
        "4318",
        "--otlp-grpc-port",
        "4317",
        "--http-port",
        "8088",
        "/api/traces",
        "/api/metrics",
        "/control/faults",
    ];
    help_names(command(), &parts).await;
}
