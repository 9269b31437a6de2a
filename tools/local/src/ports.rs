//! Which process listens where.
//!
//! Every port is chosen here and lies below 32768, where Linux's ephemeral ports begin: no process
//! can lose its port to a connection that happens to leave from it. Everything listens on loopback.

mod block;
mod in_use;

pub use block::Block;
pub use in_use::PortsInUse;
pub(crate) use in_use::{is_free, make_sure_free};

use std::collections::BTreeMap;

/// From a function's port to its sidecar's HTTP port. It, as the three after it, holds for `start`
/// and for `dapr.yaml`; a private cluster takes its ports from a [`Block`].
pub const SIDECAR_HTTP: u16 = 10_000;
/// From a function's port to its sidecar's gRPC port.
pub const SIDECAR_GRPC: u16 = 11_000;
/// From a function's port to the port by which its sidecar hears from other sidecars.
pub const SIDECAR_INTERNAL: u16 = 12_000;
/// From a function's port to the port of its sidecar's metrics.
pub const SIDECAR_METRICS: u16 = 13_000;
/// The payment simulator, when functions run on the ports of their manifests.
pub const SIMULATOR: u16 = 8090;
/// The token issuer, when functions run on the ports of their manifests.
pub const ISSUER: u16 = 8091;
/// The mail sink, when functions run on the ports of their manifests: where mail goes in.
pub const MAIL_SMTP: u16 = 1025;
/// The mail sink, when functions run on the ports of their manifests: where mail is read.
pub const MAIL_HTTP: u16 = 8025;
/// The trace sink, when functions run on the ports of their manifests: where spans and metrics go in.
pub const TRACE_OTLP: u16 = 4318;
/// The trace sink, when functions run on the ports of their manifests: where traces are read.
pub const TRACE_HTTP: u16 = 8088;
/// The Key Vault simulator, when functions run on the ports of their manifests: the vault, by TLS.
pub const KEY_VAULT: u16 = 8200;
/// The Key Vault simulator: identities and control.
pub const KEY_VAULT_IDENTITY: u16 = 8201;
/// The Key Vault simulator: the proxy by which sidecars find it under its name on Azure.
pub const KEY_VAULT_PROXY: u16 = 8202;
/// The first of the ports of `start`'s control plane and Redis.
pub const CONTROL_PLANE: u16 = 22_900;
/// Where a Redis listens by default.
pub const STOCK_REDIS: u16 = 6379;

/// The ports of a Dapr sidecar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sidecar {
    /// Its HTTP API.
    pub http: u16,
    /// Its gRPC API.
    pub grpc: u16,
    /// Other sidecars.
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
    /// The function.
    pub app: u16,
    /// Its sidecar.
    pub sidecar: Sidecar,
}

impl Function {
    /// The ports of a function that listens where its manifest says.
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

/// The ports of everything that is no function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ControlPlane {
    /// Placement: where sidecars find which host has which actor.
    pub placement: u16,
    pub(crate) placement_raft: u16,
    pub(crate) placement_health: u16,
    pub(crate) placement_metrics: u16,
    /// The scheduler, which keeps reminders.
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

    /// Each port with what it is for; Redis is left out, as it may be used by others.
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

/// Every port of `start` but Redis's, with what it is for.
pub(crate) fn fixed(functions: &BTreeMap<String, Function>) -> Vec<(u16, String)> {
    let mut ports: Vec<_> = functions.iter().flat_map(|(name, ports)| ports.named(name)).collect();
    ports.push((SIMULATOR, "the payment simulator".to_owned()));
    ports.push((ISSUER, "the token issuer".to_owned()));
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
