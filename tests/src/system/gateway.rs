//! Further processes of the gateway.

use super::shop::Shop;
use super::wait::until;
use local::Cluster;
use local::cluster::AUDIENCE;
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
    /// The gateway of a cluster.
    pub(super) fn of(cluster: &Cluster) -> Self {
        Self { url: cluster.gateway_url(), process: None }
    }
}

impl Shop {
    /// The shop through a gateway of its own with these settings. It shares the sidecar of the cluster's.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn through_a_gateway_with(&self, settings: &[(&str, &str)]) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let address = free.local_addr().expect("it has an address");
        drop(free);
        let (sidecar, issuer) = (self.cluster.sidecar_url("gateway"), self.cluster.issuer_url());
        let mut command = Command::new(self.cluster.binary("gateway"));
        command
            .env("APP_PORT", address.port().to_string())
            .env("DAPR_HTTP_PORT", sidecar.rsplit(':').next().unwrap_or_default())
            .env("DAPR_GRPC_PORT", self.cluster.sidecar_grpc_port("gateway").to_string())
            .env("OIDC_ISSUERS", issuer.expect("the cluster has an issuer"))
            .env("OIDC_AUDIENCES", AUDIENCE)
            .env("REQUESTS_PER_CALLER", "0")
            .envs(settings.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
        let process = command.spawn().expect("the gateway starts");
        let mut shop = self.clone();
        let process = Some(Arc::new(Mutex::new(process)));
        shop.gateway = Gateway { url: format!("http://{address}"), process };
        let ready = format!("{}/readyz", shop.gateway.url);
        until("the gateway is ready", STARTS_WITHIN, async || {
            self.http.get(&ready).send().await.ok()?.status().is_success().then_some(())
        })
        .await;
        shop
    }

    /// The host and port of the gateway.
    #[must_use]
    pub fn gateway_address(&self) -> &str {
        self.gateway.url.trim_start_matches("http://")
    }

    /// Asks its own gateway to stop, and returns how that ended.
    ///
    /// # Panics
    /// When it has none, or that does not end in time.
    pub async fn stop_gateway(&self) -> ExitStatus {
        let process = self.gateway.process.as_ref().expect("it has a gateway of its own");
        let mut process = process.lock().await;
        let pid = process.id().and_then(|pid| Pid::from_raw(pid.cast_signed()));
        kill_process(pid.expect("it runs"), Signal::TERM).expect("it runs");
        let ended = timeout(STOPS_WITHIN, process.wait()).await.expect("it ends in time");
        ended.expect("it ran")
    }
}
