//! Readiness probes.

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{RequestBuilder, Response};
use serde_json::Value;
use std::net::Ipv4Addr;
use std::sync::OnceLock;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The longest that a probe may take.
const TIMEOUT: Duration = Duration::from_secs(2);

/// What a sidecar must be connected to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Needs {
    pub(crate) placement: bool,
    pub(crate) scheduler: bool,
    pub(crate) worker: bool,
}

/// The readiness probe of a process.
#[derive(Debug, Clone)]
pub(crate) enum Probe {
    /// A GET of this URL succeeds.
    Get(String),
    /// The Dapr sidecar at this URL is healthy and connected.
    Sidecar { url: String, needs: Needs },
    /// A Redis responds at this port.
    Redis(u16),
}

impl Probe {
    /// Probes once. The error is the reason why it is not ready.
    pub(crate) async fn run(&self) -> Result<(), String> {
        match self {
            Self::Get(url) => get(url).await.map(|_| ()),
            Self::Sidecar { url, needs } => sidecar(url, *needs).await,
            Self::Redis(port) => redis(*port).await,
        }
    }
}

/// A client for requests to a cluster, which sends `token` in each.
///
/// # Panics
/// When `token` is not a valid header value.
#[must_use]
pub fn http_client(token: &str) -> reqwest::Client {
    // A provider that was installed earlier is used.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let shown = HeaderValue::try_from(format!("Bearer {token}")).expect("a token is visible ASCII");
    let headers = HeaderMap::from_iter([(AUTHORIZATION, shown)]);
    let client = reqwest::Client::builder().no_proxy().default_headers(headers);
    client.build().expect("the TLS provider is installed")
}

/// Pools no connections: they belong to the runtime that opened them, and callers may use several.
fn client() -> &'static reqwest::Client {
    static CLIENT: OnceLock<reqwest::Client> = OnceLock::new();
    CLIENT.get_or_init(|| {
        // A provider that was installed earlier is used.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0);
        client.timeout(TIMEOUT).build().expect("the TLS provider is installed")
    })
}

async fn get(url: &str) -> Result<Response, String> {
    answer(url, client().get(url)).await
}

/// Replaces the plan of faults of the stand-in at `url`, or deletes it.
pub(crate) async fn set_faults(url: &str, plan: Option<Value>) -> Result<(), String> {
    let url = &format!("{url}/control/faults");
    let request = match plan {
        Some(plan) => client().put(url).json(&plan),
        None => client().delete(url),
    };
    answer(url, request).await.map(|_| ())
}

async fn answer(url: &str, request: RequestBuilder) -> Result<Response, String> {
    match request.send().await {
        Ok(answer) if answer.status().is_success() => Ok(answer),
        Ok(answer) => Err(format!("{url} responds {}", answer.status())),
        Err(error) if error.is_timeout() => Err(format!("{url} does not respond in time")),
        Err(_) => Err(format!("{url} does not respond")),
    }
}

/// The text of the response from this address.
pub(crate) async fn text(url: &str) -> Result<String, String> {
    get(url).await?.text().await.map_err(|_| format!("{url} does not return text"))
}

async fn sidecar(url: &str, needs: Needs) -> Result<(), String> {
    get(&format!("{url}/v1.0/healthz")).await?;
    let metadata = get(&format!("{url}/v1.0/metadata")).await?;
    let metadata = metadata.json().await.map_err(|_| format!("{url} returns no metadata"))?;
    unready(&metadata, needs).map_or(Ok(()), |reason| Err(reason.to_owned()))
}

/// Why a sidecar is not ready, by [its metadata](https://docs.dapr.io/reference/api/metadata_api/).
fn unready(metadata: &Value, needs: Needs) -> Option<&'static str> {
    let schedulers = metadata["scheduler"]["connected_addresses"].as_array();
    let workers = metadata["workflows"]["connectedWorkers"].as_u64();
    if needs.placement && metadata["actorRuntime"]["hostReady"] != true {
        Some("the sidecar has no placement yet")
    } else if needs.scheduler && schedulers.is_none_or(Vec::is_empty) {
        Some("the sidecar has no scheduler yet")
    } else if needs.worker && workers.is_none_or(|workers| workers == 0) {
        Some("the sidecar has no workflow worker yet")
    } else {
        None
    }
}

/// Sends the inline command `PING`, which needs no client: the response is `+PONG`.
pub(crate) async fn redis(port: u16) -> Result<(), String> {
    let ping = async {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        stream.write_all(b"PING\r\n").await?;
        let mut answer = [0; 5];
        stream.read_exact(&mut answer).await?;
        Ok::<_, std::io::Error>(answer)
    };
    match timeout(TIMEOUT, ping).await {
        Ok(Ok(answer)) if &answer == b"+PONG" => Ok(()),
        _ => Err(format!("no Redis responds at port {port}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_unready_sidecar_is_reported_with_the_reason() {
        let ready = json!({
            "actorRuntime": {"hostReady": true},
            "scheduler": {"connected_addresses": ["127.0.0.1:1"]},
            "workflows": {"connectedWorkers": 1}
        });
        let all = Needs { placement: true, scheduler: true, worker: true };
        assert_eq!(unready(&ready, all), None);
        for (part, expected) in [
            ("actorRuntime", "the sidecar has no placement yet"),
            ("scheduler", "the sidecar has no scheduler yet"),
            ("workflows", "the sidecar has no workflow worker yet"),
        ] {
            let mut metadata = ready.clone();
            metadata.as_object_mut().unwrap().remove(part);
            assert_eq!(unready(&metadata, all), Some(expected));
        }
        let none = Needs { placement: false, scheduler: false, worker: false };
        assert_eq!(unready(&json!({}), none), None);
    }

    #[tokio::test]
    async fn a_closed_port_is_not_a_redis() {
        let free = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        assert_eq!(redis(port).await, Err(format!("no Redis responds at port {port}")));
    }
}
