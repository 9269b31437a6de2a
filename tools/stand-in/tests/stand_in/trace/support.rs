//! The running program, and its HTTP clients.

use crate::support::{self, ApiResponse, Running, request};
use crate::trace::wire::{trace_id, traces};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use reqwest::RequestBuilder;
use reqwest::header::CONTENT_TYPE;
use stand_in::trace::{FaultKind, FaultPlan, Measurement, Trace, TraceSummary};
use std::net::SocketAddr;
use tokio::process::Command;

pub(crate) const PROTOBUF: &str = "application/x-protobuf";

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

    /// A request of an exporter.
    pub(crate) fn request(&self, path: &str, body: Vec<u8>) -> RequestBuilder {
        request(self.otlp_http, "POST", path).header(CONTENT_TYPE, PROTOBUF).body(body)
    }

    /// Sends a message as an exporter does.
    pub(crate) async fn export(&self, path: &str, message: &impl Message) -> ApiResponse {
        ApiResponse::to(self.request(path, message.encode_to_vec())).await
    }

    /// Exports spans that must all be stored.
    pub(crate) async fn store(&self, service: &str, spans: Vec<Span>) {
        let answer = self.export("/v1/traces", &traces(service, spans)).await;
        assert_eq!((answer.status, &*answer.bytes), (200, &b""[..]));
    }

    pub(crate) async fn call(&self, method: &str, path: &str, body: &str) -> ApiResponse {
        support::call(self.http, method, path, body).await
    }

    pub(crate) async fn get(&self, path: &str) -> ApiResponse {
        self.call("GET", path, "").await
    }

    pub(crate) async fn summaries(&self) -> Vec<TraceSummary> {
        serde_json::from_value(self.get("/api/traces").await.body).expect("the response is traces")
    }

    pub(crate) async fn trace(&self, trace: u128) -> Trace {
        let answer = self.get(&format!("/api/traces/{}", trace_id(trace))).await;
        serde_json::from_value(answer.body).expect("the response is a trace")
    }

    pub(crate) async fn measurements(&self) -> Vec<Measurement> {
        let answer = self.get("/api/metrics").await;
        serde_json::from_value(answer.body).expect("the response is measurements")
    }

    pub(crate) async fn fault(&self, fault: FaultKind) {
        let plan = serde_json::to_string(&FaultPlan::every(fault)).expect("a plan is JSON");
        assert_eq!(self.call("PUT", "/control/faults", &plan).await.status, 204);
    }
}
