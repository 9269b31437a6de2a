//! Whether the sidecar works.

use super::Sidecar;
use futures::stream::{FuturesUnordered, StreamExt};
use reqwest::{Method, Response};
use serde_json::Value;
use std::net::Ipv4Addr;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The timeout of a connection to the sidecar, and of an answer about its health.
const LIMIT: Duration = Duration::from_secs(1);

impl Sidecar {
    /// Whether the sidecar can reach its components and, when this function hosts workflows, has
    /// its worker.
    pub async fn ready(&self, hosts_workflows: bool) -> bool {
        self.ask(Method::GET, "/v1.0/healthz/outbound").await.is_some()
            && (!hosts_workflows || self.has_worker().await == Some(true))
    }

    /// Whether the sidecar has stopped: neither of its ports accepts a connection.
    pub async fn gone(&self) -> bool {
        let listens = self.ports.map(listens).into_iter().collect::<FuturesUnordered<_>>();
        listens.all(|listens| async move { !listens }).await
    }

    /// Whether a worker is connected, by [Dapr's metadata](https://docs.dapr.io/reference/api/metadata_api/);
    /// None if the sidecar does not say.
    pub(super) async fn has_worker(&self) -> Option<bool> {
        let metadata = self.ask(Method::GET, "/v1.0/metadata").await?;
        let metadata: Value = metadata.json().await.ok()?;
        metadata["workflows"]["connectedWorkers"].as_u64().map(|workers| workers > 0)
    }

    /// [Shuts the sidecar down](https://docs.dapr.io/operations/hosting/kubernetes/kubernetes-job/), which its
    /// platform then starts again.
    pub(super) async fn shut_down(&self) {
        self.ask(Method::POST, "/v1.0/shutdown").await;
    }

    /// The answer, if there is one in time and it is a success.
    async fn ask(&self, method: Method, path: &str) -> Option<Response> {
        let url = format!("{}{path}", self.http_url);
        let answer = self.http.request(method, url).timeout(LIMIT).send().await.ok()?;
        answer.error_for_status().ok()
    }
}

/// Whether something accepts connections at a port of this machine.
async fn listens(port: u16) -> bool {
    let connect = TcpStream::connect((Ipv4Addr::LOCALHOST, port));
    // A sidecar too loaded to respond is still running.
    timeout(LIMIT, connect).await.map_or(true, |connected| connected.is_ok())
}
