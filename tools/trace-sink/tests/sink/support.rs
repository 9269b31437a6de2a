//! The running program, and callers that speak HTTP with it.

use std::net::SocketAddr;
use std::process::{Output, Stdio};
use std::time::Duration;

use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStderr, Command};
use tokio::time::timeout;
use trace_sink::{FaultKind, FaultPlan, Measurement, Trace, TraceSummary};

use crate::wire::{trace_id, traces};

/// Longer than any start, stop or answer takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) const PROTOBUF: &str = "Content-Type: application/x-protobuf";

pub(crate) struct Program {
    pub(crate) child: Child,
    pub(crate) stderr: Lines<BufReader<ChildStderr>>,
    pub(crate) otlp_http: SocketAddr,
    pub(crate) otlp_grpc: SocketAddr,
    pub(crate) http: SocketAddr,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: String,
    pub(crate) body: Vec<u8>,
}

pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trace-sink"));
    command.kill_on_drop(true).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub(crate) async fn finish(command: &mut Command) -> Output {
    timeout(PATIENCE, command.output()).await.expect("an end in time").expect("the program starts")
}

/// The address that the start line gives under `name`.
fn address(start_line: &str, name: &str) -> SocketAddr {
    let named = |field: &str| field.strip_prefix(name)?.strip_prefix('=')?.parse().ok();
    start_line.split(' ').find_map(named).expect("the start line names every address")
}

impl Program {
    pub(crate) async fn start() -> Self {
        let mut command = command();
        let arguments = ["--otlp-http-port", "0", "--otlp-grpc-port", "0", "--http-port", "0"];
        let mut child = command.args(arguments).spawn().expect("the program starts");
        let mut stderr = BufReader::new(child.stderr.take().expect("stderr is piped")).lines();
        let line = timeout(PATIENCE, stderr.next_line()).await.expect("a start line in time");
        let line = line.expect("stderr is readable").expect("a start line");
        let address = |name| address(&line, name);
        let (otlp_http, otlp_grpc) = (address("otlp_http_address"), address("otlp_grpc_address"));
        Self { child, stderr, otlp_http, otlp_grpc, http: address("http_address") }
    }

    /// Posts a message as an exporter does; the answer to it.
    pub(crate) async fn export(&self, path: &str, message: &impl Message) -> Answer {
        self.post(path, PROTOBUF, &message.encode_to_vec()).await
    }

    /// Posts a body under the header `header`.
    pub(crate) async fn post(&self, path: &str, header: &str, body: &[u8]) -> Answer {
        let headers = format!("{header}\r\nContent-Length: {}", body.len());
        let mut stream = request(self.otlp_http, "POST", path, &headers, body).await;
        read(&mut stream).await
    }

    /// Exports spans that must all be kept.
    pub(crate) async fn keep(&self, service: &str, spans: Vec<Span>) {
        let answer = self.export("/v1/traces", &traces(service, spans)).await;
        assert_eq!((answer.status, answer.body.as_slice()), (200, &b""[..]));
    }

    pub(crate) async fn call(&self, method: &str, path: &str, body: &str) -> Answer {
        let headers = format!("Content-Type: application/json\r\nContent-Length: {}", body.len());
        let mut stream = request(self.http, method, path, &headers, body.as_bytes()).await;
        read(&mut stream).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, "").await
    }

    pub(crate) async fn summaries(&self) -> Vec<TraceSummary> {
        serde_json::from_value(self.get("/api/traces").await.json()).expect("the answer is traces")
    }

    pub(crate) async fn trace(&self, trace: u128) -> Trace {
        let answer = self.get(&format!("/api/traces/{}", trace_id(trace))).await;
        serde_json::from_value(answer.json()).expect("the answer is a trace")
    }

    pub(crate) async fn measurements(&self) -> Vec<Measurement> {
        let answer = self.get("/api/metrics").await;
        serde_json::from_value(answer.json()).expect("the answer is measurements")
    }

    pub(crate) async fn fault(&self, fault: FaultKind) {
        let plan = serde_json::to_string(&FaultPlan { fault }).expect("a plan is JSON");
        assert_eq!(self.call("PUT", "/control/faults", &plan).await.status, 204);
    }
}

/// A connection on which a request was sent.
pub(crate) async fn request(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &str,
    body: &[u8],
) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.expect("the address is served");
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n\r\n"
    );
    let request = [head.as_bytes(), body].concat();
    stream.write_all(&request).await.expect("the request is read");
    stream
}

/// The answer to the request that was sent.
pub(crate) async fn read(stream: &mut TcpStream) -> Answer {
    let mut response = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut response));
    read.await.expect("an answer in time").expect("the response is readable");
    let end = response.windows(4).position(|bytes| bytes == b"\r\n\r\n");
    let body = response.split_off(end.expect("the response has a body") + 4);
    let headers = String::from_utf8(response).expect("the headers are text");
    let status = headers.split(' ').nth(1).and_then(|status| status.parse().ok());
    Answer { status: status.expect("the response has a status"), headers, body }
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        str::from_utf8(&self.body).expect("the answer is text")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the answer is JSON")
    }

    pub(crate) fn error(&self) -> String {
        self.json()["error"].as_str().expect("the answer has an error").to_owned()
    }
}
