//! The running program, and callers that speak HTTP with it.

use crate::support::{self, Answer, Running, read, request};
use crate::trace::wire::{trace_id, traces};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use stand_in::trace::{FaultKind, FaultPlan, Measurement, Trace, TraceSummary};
use std::net::SocketAddr;
use tokio::process::Command;

pub(crate) const PROTOBUF: &str = "Content-Type: application/x-protobuf";

pub(crate) struct Program {
    pub(crate) running: Running,
    pub(crate) otlp_http: SocketAddr,
    pub(crate) http: SocketAddr,
}

pub(crate) fn command() -> Command {
    support::stand_in("trace")
}

impl Program {
    pub(crate) async fn start() -> Self {
        let arguments = ["--otlp-http-port", "0", "--http-port", "0"];
        let running = Running::start(command().args(arguments)).await;
        let names = ["otlp_http_address", "http_address"];
        let [otlp_http, http] = names.map(|name| running.address(name));
        Self { running, otlp_http, http }
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
        support::call(self.http, method, path, body).await
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
        let plan = serde_json::to_string(&FaultPlan::every(fault)).expect("a plan is JSON");
        assert_eq!(self.call("PUT", "/control/faults", &plan).await.status, 204);
    }
}
