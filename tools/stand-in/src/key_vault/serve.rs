//! The process: the vault, the identity endpoint and the proxy, on a port each.

use crate::failure::Failure;
use crate::key_vault::certificates::Certificates;
use crate::key_vault::error::VaultError;
use crate::key_vault::seeds::{self, Tag};
use crate::key_vault::vault::Vault;
use crate::key_vault::{api, control, identity, proxy};
use crate::process::{self, listen, server};
use crate::secret::Secret;
use crate::web::{bounded, health};
use axum::Router;
use axum_server::tls_rustls::{RustlsConfig, from_tcp_rustls};
use clap::Args;
use std::path::PathBuf;
use std::{fs, io};
use tokio::net::TcpListener;

/// The largest request body read, in bytes; a larger one is rejected with 413. JSON may need six
/// bytes for a byte of a value.
pub const MAX_BODY_BYTES: usize = 256 * 1024;

/// Simulates Azure Key Vault on 127.0.0.1: secrets over TLS, in memory.
///
/// Callers authenticate by a managed identity: set `IDENTITY_ENDPOINT` to /msi/token at the
/// identity port and `IDENTITY_HEADER` to the identity header. They trust the vault by
/// `SSL_CERT_FILE`, and those that call it NAME.vault.azure.net find it by `HTTPS_PROXY`.
///
/// At the identity port, GET /control/secrets shows the secrets, never a value; PUT
/// /control/faults makes the vault's next calls fail; GET /control/near-expiry/NAME is the event
/// that announces a secret's near expiry.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The port to serve the vault on, over TLS; 0 takes a free one, which the start line names.
    #[arg(long, default_value_t = 8443)]
    port: u16,
    /// The port to issue tokens on, and for the control paths; 0 takes a free one.
    #[arg(long, value_name = "PORT", default_value_t = 8444)]
    identity_port: u16,
    /// The port of the proxy that forwards *.vault.azure.net to the vault; 0 takes a free one.
    #[arg(long, value_name = "PORT", default_value_t = 8445)]
    proxy_port: u16,
    /// The X-IDENTITY-HEADER that callers must send to get a token.
    #[arg(long, value_name = "TEXT")]
    identity_header: Secret,
    /// A JSON file {"NAME": "VALUE", …} with the secrets to start with.
    #[arg(long, value_name = "PATH")]
    secrets_file: Option<PathBuf>,
    /// A tag of a secret in the secrets file; may be repeated.
    #[arg(long = "tag", value_name = "SECRET:NAME=VALUE", requires = "secrets_file")]
    tags: Vec<Tag>,
    /// Where the authority's certificate is written, as PEM; each start makes another.
    #[arg(long, value_name = "PATH")]
    ca_file: PathBuf,
}

/// Serves until it is signalled to stop.
///
/// # Errors
///
/// The secrets file cannot be used, a port is taken, the certificate cannot be made or written, or a
/// server fails.
pub async fn serve(arguments: Arguments) -> Result<(), Failure> {
    let vault = Vault::new(arguments.identity_header);
    if let Some(path) = arguments.secrets_file {
        let attempt = format!("use the secrets file {}", path.display());
        seeds::load(&vault, &path, &arguments.tags).map_err(Failure::of_usage(attempt))?;
    }
    let (listener, address) = listen(arguments.port, "--port").await?;
    let (identity, identity_address) = listen(arguments.identity_port, "--identity-port").await?;
    let (proxy, proxy_address) = listen(arguments.proxy_port, "--proxy-port").await?;
    let certificates = Certificates::make().map_err(Failure::to("serve over TLS"))?;
    let path = arguments.ca_file;
    let attempt = format!("write the certificate of the authority to {}", path.display());
    fs::write(&path, &certificates.authority).map_err(Failure::to(attempt))?;
    let announce = || {
        tracing::info!(
            %address,
            %identity_address,
            %proxy_address,
            "Simulating Key Vault at https://{address}, issuing tokens at \
             http://{identity_address}/msi/token, forwarding *.vault.azure.net from \
             http://{proxy_address}"
        );
    };
    let servers = [
        server("issue tokens", axum::serve(identity, identity_app(&vault))),
        server("serve the vault", serve_vault(listener, vault, certificates)),
        server("serve the proxy", proxy::serve_proxy(proxy, address)),
    ];
    process::serve(announce, servers).await
}

/// Serves `vault` over TLS.
///
/// # Errors
///
/// The listener cannot be used.
async fn serve_vault(
    listener: TcpListener,
    vault: Vault,
    certificates: Certificates,
) -> io::Result<()> {
    let tls = RustlsConfig::from_config(certificates.config);
    let app = bounded(api::routes(&vault), MAX_BODY_BYTES, VaultError::unrecognized);
    from_tcp_rustls(listener.into_std()?, tls)?.serve(app.into_make_service()).await
}

/// The identity endpoint and the control paths of `vault`.
fn identity_app(vault: &Vault) -> Router {
    let app = identity::routes(vault)
        .merge(control::routes(vault))
        .merge(vault.faults().routes())
        .merge(health());
    bounded(app, MAX_BODY_BYTES, VaultError::unrecognized)
}
