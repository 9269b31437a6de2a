//! `dapr.yaml`: every function with its sidecar, for the Dapr CLI.

use local::cluster::{AUDIENCE, PAGE};
use local::manifest::Function;
use local::ports::{ISSUER, KEY_VAULT, SIMULATOR, Sidecar};

/// The run file for `functions`.
#[must_use]
pub fn run_file(functions: &[Function]) -> String {
    functions.iter().map(app).fold(head(), |file, app| file + &app)
}

fn head() -> String {
    format!(
        "\
# Generated from the functions' manifests by `./makew generate`.
#
# `dapr run -f dapr.yaml` runs the shop on the Redis and the control plane of `dapr init`. Run
# `./makew build` first, export an APP_API_TOKEN (any text) for the sidecars, and have
# `./makew simulator` and `cargo run --bin stand-in -- issuer` running.
version: 1
common:
  resourcesPaths:
    - components/local
  appProtocol: http
  env:
    PAYMENT_PROVIDER_URL: http://127.0.0.1:{SIMULATOR}
    KEY_VAULT_URL: https://localhost:{KEY_VAULT}
    OIDC_ISSUERS: http://127.0.0.1:{ISSUER}
    OIDC_AUDIENCES: {AUDIENCE}
    OIDC_CLIENT_ID: {PAGE}
# Every app runs in this folder: its sidecar runs there too, and looks for .local/secrets.json.
apps:
"
    )
}

fn app(Function { name, manifest, .. }: &Function) -> String {
    let port = manifest.port;
    let Sidecar { http, grpc, internal, metrics } = Sidecar::of(port);
    format!(
        r#"  - appID: {name}
    appDirPath: .
    appPort: {port}
    daprHTTPPort: {http}
    daprGRPCPort: {grpc}
    daprInternalGRPCPort: {internal}
    metricsPort: {metrics}
    command: ["cargo", "run", "--quiet", "--bin", "{name}"]
"#
    )
}
