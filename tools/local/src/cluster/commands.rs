//! The command line and environment of each process.

use super::callers::{AUDIENCE, PAGE};
use super::folder::Folder;
use super::local_url;
use super::plan::{KeyVault, Plan, Traces};
use crate::dapr::Dapr;
use crate::manifest::Function;
use crate::{ports, resources, workspace};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// The ids of the only placement server and the only scheduler.
const PLACEMENT_ID: &str = "dapr-placement-0";
const SCHEDULER_ID: &str = "dapr-scheduler-server-0";

/// What the scheduler keeps in memory and on disk. By its defaults, it keeps a million revisions, of which an order makes
/// dozens, and ten files each of its log and of its snapshots.
const SCHEDULER_BOUNDS: [&str; 10] = [
    "--etcd-compaction-mode",
    "periodic",
    "--etcd-compaction-retention",
    "1m",
    "--etcd-snapshot-count",
    "10000",
    "--etcd-max-wals",
    "2",
    "--etcd-max-snapshots",
    "2",
];

/// How long a second process keeps serving while its sidecar runs: longer than the sidecar does.
const SECOND_STOPS: Duration = Duration::from_secs(20);

/// The component of credentials.
const SECRETS: &str = "secrets";

/// The identity header of the vault. It protects nothing: everything listens on loopback only.
const IDENTITY_HEADER: &str = "local";

/// The tag with the payment simulator's id of the key in the secrets file.
const FIRST_KEY: &str = "payment-api-key:payment-key-id=mk_first";

/// Where the trace sink shows the traces of an order, and that of one of its steps.
const TRACES: &str = "?order_id={order_id}&step={step}";

/// Builds the commands of a cluster.
pub(super) struct Commands<'a> {
    pub(super) plan: &'a Plan,
    pub(super) folder: &'a Folder,
    pub(super) dapr: &'a Dapr,
    pub(super) redis: &'a Path,
    pub(super) binaries: &'a Path,
    pub(super) env: &'a BTreeMap<String, String>,
}

impl Commands<'_> {
    pub(super) fn placement(&self) -> Command {
        let ports = &self.plan.control_plane;
        let peers = format!("{PLACEMENT_ID}=127.0.0.1:{}", ports.placement_raft);
        let mut command = self.command(&self.dapr.placement);
        command.args(["--id", PLACEMENT_ID, "--initial-cluster", &peers]);
        command.args(["--listen-address", "127.0.0.1", "--metrics-listen-address", "127.0.0.1"]);
        flag(&mut command, "--port", ports.placement);
        flag(&mut command, "--healthz-port", ports.placement_health);
        flag(&mut command, "--metrics-port", ports.placement_metrics);
        command
    }

    pub(super) fn scheduler(&self) -> Command {
        let ports = &self.plan.control_plane;
        let peers = format!("{SCHEDULER_ID}=http://127.0.0.1:{}", ports.etcd_peer);
        let mut command = self.command(&self.dapr.scheduler);
        loopback(&mut command);
        command.args(["--id", SCHEDULER_ID, "--etcd-initial-cluster", &peers]);
        command.args(["--listen-address", "127.0.0.1", "--metrics-listen-address", "127.0.0.1"]);
        flag(&mut command, "--port", ports.scheduler);
        flag(&mut command, "--healthz-port", ports.scheduler_health);
        flag(&mut command, "--metrics-port", ports.scheduler_metrics);
        flag(&mut command, "--etcd-client-port", ports.etcd_client);
        command.arg("--etcd-data-dir").arg(self.folder.data("etcd"));
        command.args(SCHEDULER_BOUNDS);
        command.arg("--identity-directory-write").arg(self.folder.run().join("identity"));
        command
    }

    /// The Redis `name`, with its own data folder.
    pub(super) fn redis(&self, name: &str, port: u16) -> Command {
        let command = crate::redis::server(self.redis, port, &self.folder.data(name));
        self.clean(command)
    }

    pub(super) fn simulator(&self) -> Command {
        let mut command = self.stand_in("payment");
        flag(&mut command, "--port", self.plan.simulator);
        command.arg("--secrets-file").arg(self.folder.secrets());
        command
    }

    pub(super) fn issuer(&self, port: u16) -> Command {
        let mut command = self.stand_in("issuer");
        flag(&mut command, "--port", port);
        command.args(["--audience", AUDIENCE]);
        command
    }

    pub(super) fn mail_sink(&self) -> Command {
        let mut command = self.stand_in("mail");
        flag(&mut command, "--smtp-port", self.plan.mail.smtp);
        flag(&mut command, "--http-port", self.plan.mail.http);
        command
    }

    pub(super) fn trace_sink(&self, ports: Traces) -> Command {
        let mut command = self.stand_in("trace");
        flag(&mut command, "--otlp-http-port", ports.otlp);
        flag(&mut command, "--http-port", ports.http);
        command
    }

    pub(super) fn key_vault(&self, ports: KeyVault) -> Command {
        let mut command = self.stand_in("key-vault");
        flag(&mut command, "--port", ports.vault);
        flag(&mut command, "--identity-port", ports.identity);
        flag(&mut command, "--proxy-port", ports.proxy);
        command.args(["--identity-header", IDENTITY_HEADER, "--tag", FIRST_KEY]);
        command.arg("--secrets-file").arg(self.folder.secrets());
        command.arg("--ca-file").arg(self.folder.authority());
        command
    }

    /// Configures access to the vault, if there is one and the process may use it.
    fn configure_vault(&self, command: &mut Command, components: &[String]) {
        let may_use = components.iter().any(|component| component == SECRETS);
        if let Some(ports) = self.plan.key_vault.filter(|_| may_use) {
            command
                .env("HTTPS_PROXY", local_url(ports.proxy))
                .env("NO_PROXY", "127.0.0.1,localhost")
                .env("SSL_CERT_FILE", self.folder.authority())
                .env("IDENTITY_ENDPOINT", format!("{}/msi/token", local_url(ports.identity)))
                .env("IDENTITY_HEADER", IDENTITY_HEADER);
        }
    }

    pub(super) fn sidecar(&self, function: &Function, ports: &ports::Function) -> Command {
        let ports::Function { app, sidecar: ports } = ports;
        let control_plane = &self.plan.control_plane;
        let mut command = self.command(&self.dapr.daprd);
        loopback(&mut command);
        command.args(["--app-id", &function.name, "--app-protocol", "http"]);
        command.arg("--resources-path").arg(self.folder.resources());
        command.arg("--config").arg(self.folder.configuration());
        flag(&mut command, "--app-port", *app);
        flag(&mut command, "--dapr-http-port", ports.http);
        flag(&mut command, "--dapr-grpc-port", ports.grpc);
        flag(&mut command, "--dapr-internal-grpc-port", ports.internal);
        flag(&mut command, "--metrics-port", ports.metrics);
        for listener in ["dapr", "dapr-internal-grpc", "metrics"] {
            let plural = if listener == "dapr" { "es" } else { "" };
            command.arg(format!("--{listener}-listen-address{plural}")).arg("127.0.0.1");
        }
        if function.manifest.reaches_actors() {
            address(&mut command, "--placement-host-address", control_plane.placement);
        }
        if function.manifest.hosts_actors() {
            address(&mut command, "--scheduler-host-address", control_plane.scheduler);
        }
        command.args(["--dapr-graceful-shutdown-seconds", "5", "--log-level", "info"]);
        command.env("APP_API_TOKEN", &self.plan.token);
        self.configure_vault(&mut command, &function.manifest.uses);
        command
    }

    pub(super) fn function(&self, function: &Function, ports: &ports::Function) -> Command {
        let ports::Function { app, sidecar } = ports;
        let mut command = self.command(&self.binaries.join(&function.name));
        command
            .env("APP_PORT", app.to_string())
            .env("DAPR_HTTP_PORT", sidecar.http.to_string())
            .env("DAPR_GRPC_PORT", sidecar.grpc.to_string())
            .env("APP_API_TOKEN", &self.plan.token)
            // A single client acts as all callers here.
            .env("REQUESTS_PER_CALLER", "0")
            .env("PAYMENT_PROVIDER_URL", local_url(self.plan.simulator))
            .env("KEY_VAULT_URL", vault_url(self.plan.key_vault.is_some()));
        self.configure_vault(&mut command, &function.manifest.manages);
        match self.plan.issuer {
            Some(issuer) => {
                command.env("OIDC_ISSUERS", local_url(issuer)).env("OIDC_AUDIENCES", AUDIENCE);
                command.env("OIDC_CLIENT_ID", PAGE)
            }
            None => command.env("OPEN", "true"),
        };
        command.env("MAILS_PAGE", local_url(self.plan.mail.http));
        if let Some(port) = self.plan.controls {
            command.env("LOCAL_CONTROLS", local_url(port));
        }
        if let Some(Traces { otlp, http }) = self.plan.traces {
            command.env("TRACES_PAGE", format!("{}/{TRACES}", local_url(http)));
            // So that the spans of an order appear soon on its page.
            command
                .env("OTEL_EXPORTER_OTLP_ENDPOINT", local_url(otlp))
                .env("OTEL_BSP_SCHEDULE_DELAY", "500")
                .env("OTEL_METRIC_EXPORT_INTERVAL", "2000")
                // So that the metrics of a restarted process add up with the earlier ones.
                .env("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "delta");
        }
        command.envs(self.env);
        command
    }

    /// A second process and sidecar, which stop as on a platform: the sidecar keeps serving for a while, and
    /// the function outlives it.
    pub(super) fn second(
        &self,
        function: &Function,
        ports: &ports::Function,
    ) -> (Command, Command) {
        let (mut app, mut sidecar) =
            (self.function(function, ports), self.sidecar(function, ports));
        app.env("STOP_WAIT_SECONDS", SECOND_STOPS.as_secs().to_string());
        sidecar.args(["--dapr-block-shutdown-duration", "3s"]);
        (app, sidecar)
    }

    fn stand_in(&self, service: &str) -> Command {
        let mut command = self.command(&self.binaries.join(workspace::STAND_IN));
        command.arg(service);
        command
    }

    fn command(&self, program: &Path) -> Command {
        self.clean(Command::new(program))
    }

    /// Clears the environment of settings for functions and sidecars, such as a `DAPR_API_TOKEN`.
    fn clean(&self, mut command: Command) -> Command {
        let inherited = std::env::vars_os().filter(|(name, _)| is_inherited(name));
        command.env_clear().envs(inherited).current_dir(self.folder.root());
        command
    }
}

fn is_inherited(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    ["PATH", "HOME", "TMPDIR", "RUST_LOG", "RUST_BACKTRACE"].contains(&name.as_ref())
        || name.starts_with("OTEL_")
}

/// The URL of the vault: its name on Azure, which the proxy resolves, or a port where nothing listens.
fn vault_url(is_running: bool) -> String {
    if is_running {
        format!("https://{}.vault.azure.net", resources::VAULT)
    } else {
        format!("https://localhost:{}", ports::KEY_VAULT)
    }
}

/// By default, Dapr announces the machine's address; without a network there is none.
fn loopback(command: &mut Command) {
    command.env("DAPR_HOST_IP", "127.0.0.1").env("NAMESPACE", "default");
}

fn flag(command: &mut Command, name: &str, port: u16) {
    command.arg(name).arg(port.to_string());
}

fn address(command: &mut Command, name: &str, port: u16) {
    command.arg(name).arg(format!("127.0.0.1:{port}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_is_inherited_without_the_settings_of_functions() {
        for (name, expected) in [
            ("PATH", true),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", true),
            ("DAPR_API_TOKEN", false),
            ("APP_PORT", false),
            ("HTTP_PROXY", false),
        ] {
            assert_eq!(is_inherited(OsStr::new(name)), expected, "{name}");
        }
    }
}
