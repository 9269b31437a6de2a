//! The command lines of Dapr's programs under mutual TLS.

use super::{Files, Options, Spec};
use crate::LocalError;
use crate::dapr::Dapr;
use crate::guard::Guard;
use crate::ports::{self, next};
use crate::probe::{Needs, Probe};
use crate::process::Process;
use std::path::Path;
use std::process::Command;

/// The ids of the only placement server and the only scheduler.
const PLACEMENT: &str = "dapr-placement-0";
const SCHEDULER: &str = "dapr-scheduler-server-0";

/// The ports of a server of the control plane.
#[derive(Clone, Copy)]
struct Server {
    port: u16,
    health: u16,
    metrics: u16,
}

impl Server {
    fn take(free: &mut impl Iterator<Item = u16>) -> Self {
        Self { port: next(free), health: next(free), metrics: next(free) }
    }

    fn address(self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

/// The ports of the control plane.
#[derive(Clone, Copy)]
pub(super) struct ControlPlane {
    authority: Server,
    placement: Server,
    raft: u16,
    scheduler: Server,
    etcd_client: u16,
    etcd_peer: u16,
}

impl ControlPlane {
    pub(super) fn take(free: &mut impl Iterator<Item = u16>) -> Self {
        let [authority, placement, scheduler] = [(); 3].map(|()| Server::take(free));
        let [raft, etcd_client, etcd_peer] = [(); 3].map(|()| next(free));
        Self { authority, placement, raft, scheduler, etcd_client, etcd_peer }
    }
}

/// Builds the commands.
#[derive(Clone, Copy)]
pub(super) struct Commands<'a> {
    pub(super) dapr: &'a Dapr,
    pub(super) files: Files<'a>,
    pub(super) plane: ControlPlane,
}

impl Commands<'_> {
    /// A process that is not started yet.
    pub(super) fn process(
        self,
        guard: &Guard,
        (name, command, probe): Spec,
    ) -> Result<Process, LocalError> {
        let log = self.files.path(&format!("{name}.log"));
        Process::new(guard, &name, command, log, probe)
    }

    /// The certificate authority. It makes its own root, in `ca.crt`, and vouches for each id that a sidecar claims:
    /// on one machine nothing proves it.
    pub(super) fn authority(self) -> Spec {
        let (mut command, probe) = self.server(&self.dapr.sentry, self.plane.authority);
        command.arg("--issuer-credentials").arg(self.files.0);
        command.arg("--config").arg(self.files.configuration("names"));
        ("sentry".to_owned(), command, probe)
    }

    /// The servers of actors and of reminders.
    pub(super) fn servers(self) -> [Spec; 2] {
        let (mut placement, places) = self.server(&self.dapr.placement, self.plane.placement);
        let cluster = format!("{PLACEMENT}=127.0.0.1:{}", self.plane.raft);
        placement.args(["--id", PLACEMENT, "--initial-cluster", &cluster]);
        let (mut scheduler, reminds) = self.server(&self.dapr.scheduler, self.plane.scheduler);
        let cluster = format!("{SCHEDULER}=https://127.0.0.1:{}", self.plane.etcd_peer);
        scheduler.args(["--id", SCHEDULER, "--etcd-initial-cluster", &cluster]);
        scheduler.arg(format!("--etcd-client-port={}", self.plane.etcd_client));
        scheduler.arg("--etcd-data-dir").arg(self.files.path("etcd"));
        scheduler.arg("--identity-directory-write").arg(self.files.path("identity"));
        for server in [&mut placement, &mut scheduler] {
            server.args(["--tls-enabled", "--sentry-address", &self.plane.authority.address()]);
            server.arg("--trust-anchors-file").arg(self.files.path("ca.crt"));
        }
        [("placement".to_owned(), placement, places), ("scheduler".to_owned(), scheduler, reminds)]
    }

    fn server(self, program: &Path, ports: Server) -> (Command, Probe) {
        let mut command = self.command(program, "default");
        for (purpose, port) in
            [("", ports.port), ("healthz-", ports.health), ("metrics-", ports.metrics)]
        {
            command.arg(format!("--{purpose}port={port}"));
            command.arg(format!("--{purpose}listen-address=127.0.0.1"));
        }
        (command, Probe::Get(format!("http://127.0.0.1:{}/healthz", ports.health)))
    }

    /// The sidecar of `function`, which trusts the authority with the certificate `anchors`.
    pub(super) fn sidecar(
        self,
        options: &Options<'_>,
        function: &str,
        ports: ports::Sidecar,
        anchors: &str,
    ) -> Spec {
        let mut command = self.command(&self.dapr.daprd, options.namespace);
        command.env("DAPR_TRUST_ANCHORS", anchors).arg("--enable-mtls");
        command.args(["--app-id", function, "--app-protocol", "http", "--enable-metrics=false"]);
        command.args(["--disable-init-endpoints", "config,subscribe"]);
        command.arg("--resources-path").arg(self.files.resources());
        for configuration in ["names", function] {
            command.arg("--config").arg(self.files.configuration(configuration));
        }
        for (server, address) in [
            ("sentry", self.plane.authority.address()),
            ("placement-host", self.plane.placement.address()),
            ("scheduler-host", self.plane.scheduler.address()),
        ] {
            command.arg(format!("--{server}-address={address}"));
        }
        for (purpose, port) in [
            ("app", options.app),
            ("dapr-http", ports.http),
            ("dapr-grpc", ports.grpc),
            ("dapr-internal-grpc", ports.internal),
        ] {
            command.arg(format!("--{purpose}-port={port}"));
        }
        command.arg("--dapr-listen-addresses=127.0.0.1");
        command.arg("--dapr-internal-grpc-listen-address=127.0.0.1");
        let url = format!("http://127.0.0.1:{}", ports.http);
        let needs = Needs { placement: true, scheduler: true, worker: false };
        (function.to_owned(), command, Probe::Sidecar { url, needs })
    }

    /// A program of Dapr, whose identity is in `namespace`. Without a network it would find no address to announce.
    fn command(self, program: &Path, namespace: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("DAPR_HOST_IP", "127.0.0.1").env("NAMESPACE", namespace);
        command.current_dir(self.files.0);
        command
    }
}
