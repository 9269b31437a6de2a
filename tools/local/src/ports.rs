//! The ports of all processes.
//!
//! Every port is assigned here and is below 32768, where Linux's ephemeral ports begin, so that no outgoing
//! connection can take it. Everything listens on loopback.

mod block;
mod in_use;

pub use block::Block;
pub use in_use::PortsInUse;
pub(crate) use in_use::{check_free, is_free};

use std::collections::BTreeMap;

/// The offset from a function's port to its sidecar's HTTP port. It and the next three apply to `start` and
/// `dapr.yaml`; a private cluster takes its ports from a [`Block`].
pub const SIDECAR_HTTP: u16 = 10_000;
/// The offset from a function's port to its sidecar's gRPC port.
pub const SIDECAR_GRPC: u16 = 11_000;
/// The offset from a function's port to the port on which its sidecar is called by others.
pub const SIDECAR_INTERNAL: u16 = 12_000;
/// The offset from a function's port to the port of its sidecar's metrics.
pub const SIDECAR_METRICS: u16 = 13_000;
/// The payment simulator of `start`.
pub const SIMULATOR: u16 = 8090;
/// The token issuer, when functions run on the ports of their manifests.
pub const ISSUER: u16 = 8091;
/// What makes things fail, for the shop's page: see [`controls`](crate::controls).
pub const CONTROLS: u16 = 8092;
/// SMTP of the mail sink of `start`.
pub const MAIL_SMTP: u16 = 1025;
/// Pages and API of the mail sink of `start`.
pub const MAIL_HTTP: u16 = 8025;
/// OTLP of the trace sink of `start`.
pub const TRACE_OTLP: u16 = 4318;
/// Pages and API of the trace sink of `start`.
pub const TRACE_HTTP: u16 = 8088;
/// The vault of the Key Vault simulator of `start`, over TLS.
pub const KEY_VAULT: u16 = 8200;
/// The identity endpoint and the control paths of the Key Vault simulator of `start`.
pub const KEY_VAULT_IDENTITY: u16 = 8201;
/// The proxy of the Key Vault simulator of `start`, which resolves the vault's name on Azure.
pub const KEY_VAULT_PROXY: u16 = 8202;
/// The first port of the control plane and Redis of `start`.
pub const CONTROL_PLANE: u16 = 22_900;
/// The default port of Redis.
pub const DEFAULT_REDIS: u16 = 6379;

/// The ports of a Dapr sidecar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sidecar {
    /// Its HTTP API.
    pub http: u16,
    /// Its gRPC API.
    pub grpc: u16,
    /// Calls of other sidecars.
    pub internal: u16,
    /// Its metrics.
    pub metrics: u16,
}

impl Sidecar {
    /// The ports of the sidecar of the function at `app_port`.
    ///
    /// # Panics
    /// When `app_port` is above 52535.
    #[must_use]
    pub const fn of(app_port: u16) -> Self {
        Self {
            http: app_port + SIDECAR_HTTP,
            grpc: app_port + SIDECAR_GRPC,
            internal: app_port + SIDECAR_INTERNAL,
            metrics: app_port + SIDECAR_METRICS,
        }
    }
}

/// A function's port and those of its sidecar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Function {
    /// The function's HTTP server.
    pub app: u16,
    /// The ports of its sidecar.
    pub sidecar: Sidecar,
}

impl Function {
    /// The ports of a function that listens at the port `app`.
    #[must_use]
    pub const fn at(app: u16) -> Self {
        Self { app, sidecar: Sidecar::of(app) }
    }

    pub(crate) fn take(ports: &mut impl Iterator<Item = u16>) -> Self {
        let mut port = || next(ports);
        let app = port();
        let sidecar = Sidecar { http: port(), grpc: port(), internal: port(), metrics: port() };
        Self { app, sidecar }
    }

    fn named(&self, name: &str) -> [(u16, String); 5] {
        let Self { app, sidecar: Sidecar { http, grpc, internal, metrics } } = *self;
        let sidecar = |port| (port, format!("{name}'s sidecar"));
        [(app, name.to_owned()), sidecar(http), sidecar(grpc), sidecar(internal), sidecar(metrics)]
    }
}

/// The ports of Dapr's control plane and Redis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ControlPlane {
    /// Placement, which assigns actors to hosts.
    pub placement: u16,
    pub(crate) placement_raft: u16,
    pub(crate) placement_health: u16,
    pub(crate) placement_metrics: u16,
    /// The scheduler, which stores reminders.
    pub scheduler: u16,
    pub(crate) etcd_client: u16,
    pub(crate) etcd_peer: u16,
    pub(crate) scheduler_health: u16,
    pub(crate) scheduler_metrics: u16,
    /// The cluster's own Redis.
    pub redis: u16,
}

impl ControlPlane {
    /// The ports of `start`.
    #[must_use]
    pub fn fixed() -> Self {
        Self::take(&mut (CONTROL_PLANE..))
    }

    pub(crate) fn take(ports: &mut impl Iterator<Item = u16>) -> Self {
        let mut port = || next(ports);
        Self {
            placement: port(),
            placement_raft: port(),
            placement_health: port(),
            placement_metrics: port(),
            scheduler: port(),
            etcd_client: port(),
            etcd_peer: port(),
            scheduler_health: port(),
            scheduler_metrics: port(),
            redis: port(),
        }
    }

    /// Each port with its purpose, except that of Redis, which others may use.
    fn named(&self) -> Vec<(u16, String)> {
        let placement =
            [self.placement, self.placement_raft, self.placement_health, self.placement_metrics];
        let scheduler = [
            self.scheduler,
            self.etcd_client,
            self.etcd_peer,
            self.scheduler_health,
            self.scheduler_metrics,
        ];
        let named = |purpose: &'static str| move |port| (port, purpose.to_owned());
        let placement = placement.map(named("placement"));
        placement.into_iter().chain(scheduler.map(named("the scheduler"))).collect()
    }
}

/// Every port of `start` with its purpose, except that of Redis.
pub(crate) fn fixed(functions: &BTreeMap<String, Function>) -> Vec<(u16, String)> {
    let mut ports: Vec<_> = functions.iter().flat_map(|(name, ports)| ports.named(name)).collect();
    ports.push((SIMULATOR, "the payment simulator".to_owned()));
    ports.push((ISSUER, "the token issuer".to_owned()));
    ports.push((CONTROLS, "the controls of faults".to_owned()));
    ports.extend([MAIL_SMTP, MAIL_HTTP].map(|port| (port, "the mail sink".to_owned())));
    ports.extend([TRACE_OTLP, TRACE_HTTP].map(|port| (port, "the trace sink".to_owned())));
    let key_vault = [KEY_VAULT, KEY_VAULT_IDENTITY, KEY_VAULT_PROXY];
    ports.extend(key_vault.map(|port| (port, "the Key Vault simulator".to_owned())));
    ports.extend(ControlPlane::fixed().named());
    ports
}

pub(crate) fn next(ports: &mut impl Iterator<Item = u16>) -> u16 {
    ports.next().expect("a block has ports for 35 functions")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_ports_of_start_are_below_the_ephemeral_ones_and_differ() {
        let functions = [("gateway", 8000), ("refund-payment", 8999)];
        let functions = functions.map(|(name, port)| (name.to_owned(), Function::at(port)));
        let ports = fixed(&BTreeMap::from(functions));
        let distinct: BTreeSet<u16> = ports.iter().map(|(port, _)| *port).collect();
        assert_eq!(distinct.len(), ports.len());
        assert!(distinct.iter().all(|port| *port < 32_768));
        let in_a_block = |port: &u16| block::RANGES.iter().any(|range| range.contains(port));
        assert!(!distinct.iter().any(in_a_block));
    }

    #[test]
    fn a_sidecar_is_found_from_its_function() {
        let expected = Sidecar { http: 18_011, grpc: 19_011, internal: 20_011, metrics: 21_011 };
        assert_eq!(Sidecar::of(8011), expected);
    }
}
