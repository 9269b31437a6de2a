//! Further processes of the gateway.

use super::wait::until;
use local::Cluster;
use local::cluster::AUDIENCE;
use reqwest::Client;
use rustix::process::{Pid, Signal, kill_process};
use std::net::TcpListener;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::sync::Mutex;
use tokio::time::timeout;

/// The time within which a gateway serves.
const STARTS_WITHIN: Duration = Duration::from_secs(20);

/// The time within which it stops.
const STOPS_WITHIN: Duration = Duration::from_secs(10);

/// A gateway, by its address. A further process ends with its last user.
#[derive(Clone)]
pub(super) struct Gateway {
    pub(super) url: String,
    process: Option<Arc<Mutex<Child>>>,
}

impl Gateway {
    /// The gateway of a running shop.
    pub(super) fn at(url: String) -> Self {
        Self { url, process: None }
    }

    /// A further process with these settings. It shares the sidecar of the cluster's.
    ///
    /// # Panics
    /// When it does not start.
    pub(super) async fn start(cluster: &Cluster, http: &Client, settings: &[(&str, &str)]) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let address = free.local_addr().expect("it has an address");
        drop(free);
        let (sidecar, issuer) = (cluster.sidecar_url("gateway"), cluster.issuer_url());
        let mut command = Command::new(cluster.binary("gateway"));
        command
            .env("APP_PORT", address.port().to_string())
            .env("DAPR_HTTP_PORT", sidecar.rsplit(':').next().unwrap_or_default())
            .env("DAPR_GRPC_PORT", cluster.sidecar_grpc_port("gateway").to_string())
            .env("OIDC_ISSUERS", issuer.expect("the cluster has an issuer"))
            .env("OIDC_AUDIENCES", AUDIENCE)
            .env("REQUESTS_PER_CALLER", "0")
            .envs(settings.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
        let process = command.spawn().expect("the gateway starts");
        let process = Some(Arc::new(Mutex::new(process)));
        let url = format!("http://{address}");
        let ready = format!("{url}/readyz");
        until("the gateway is ready", STARTS_WITHIN, async || {
            http.get(&ready).send().await.ok()?.status().is_success().then_some(())
        })
        .await;
        Self { url, process }
    }

    /// Asks a further process to stop, and returns how that ended.
    ///
    /// # Panics
    /// When it is the cluster's, or does not end in time.
    pub(super) async fn stop(&self) -> ExitStatus {
        let process = self.process.as_ref().expect("it is a further process");
        let mut process = process.lock().await;
        let pid = process.id().and_then(|pid| Pid::from_raw(pid.cast_signed()));
        kill_process(pid.expect("it runs"), Signal::TERM).expect("it runs");
        let ended = timeout(STOPS_WITHIN, process.wait()).await.expect("it ends in time");
        ended.expect("it ran")
    }
}
