//! The process: listens on three ports of the loopback address, stops on SIGTERM or SIGINT.

use std::fs;
use std::path::PathBuf;

use clap::Parser;
use key_vault_simulator::{Certificates, IdentityHeader, Vault};
use stand_in::{Failure, listen, stop};

use crate::seeds::{self, Tag};

/// Simulates Azure Key Vault on 127.0.0.1: secrets over TLS, kept in memory.
///
/// Callers prove who they are by a managed identity: set `IDENTITY_ENDPOINT` to /msi/token at the
/// identity port and `IDENTITY_HEADER` to the identity header. They trust the vault by
/// `SSL_CERT_FILE`, and those that call it NAME.vault.azure.net find it by `HTTPS_PROXY`.
///
/// At the identity port, GET /control/secrets shows what is kept, never a value; PUT
/// /control/faults makes the vault's next calls fail; GET /control/near-expiry/NAME is the event
/// that tells of a secret's near expiry.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Arguments {
    /// The port to serve the vault on, over TLS; 0 takes a free one, which the start line names.
    #[arg(long, default_value_t = 8443)]
    port: u16,
    /// The port to give out tokens on, and for the control paths; 0 takes a free one.
    #[arg(long, value_name = "PORT", default_value_t = 8444)]
    identity_port: u16,
    /// The port of the proxy that leads *.vault.azure.net to the vault; 0 takes a free one.
    #[arg(long, value_name = "PORT", default_value_t = 8445)]
    proxy_port: u16,
    /// What callers must show as X-IDENTITY-HEADER to get a token.
    #[arg(long, value_name = "TEXT")]
    identity_header: IdentityHeader,
    /// A JSON file that holds {"NAME": "VALUE", …}, the secrets to start with.
    #[arg(long, value_name = "PATH")]
    secrets_file: Option<PathBuf>,
    /// A tag of a secret in the secrets file; may be repeated.
    #[arg(long = "tag", value_name = "SECRET:NAME=VALUE", requires = "secrets_file")]
    tags: Vec<Tag>,
    /// Where the certificate of the authority is written, as PEM; it is another at each start.
    #[arg(long, value_name = "PATH")]
    ca_file: PathBuf,
}

/// Serves until it is told to stop.
pub(crate) async fn serve(arguments: Arguments) -> Result<(), Failure> {
    let vault = Vault::new(arguments.identity_header);
    if let Some(path) = arguments.secrets_file {
        let attempt = format!("use the secrets file {}", path.display());
        seeds::sow(&vault, &path, &arguments.tags).map_err(Failure::of_usage(attempt))?;
    }
    let (listener, address) = listen(arguments.port, "--port").await?;
    let (identity, identity_address) = listen(arguments.identity_port, "--identity-port").await?;
    let (proxy, proxy_address) = listen(arguments.proxy_port, "--proxy-port").await?;
    let stop = stop()?;
    let certificates = Certificates::make().map_err(Failure::to("serve by TLS"))?;
    let path = arguments.ca_file;
    let attempt = format!("write the certificate of the authority to {}", path.display());
    fs::write(&path, &certificates.authority).map_err(Failure::to(attempt))?;
    tracing::info!(
        %address,
        %identity_address,
        %proxy_address,
        "Simulating Key Vault at https://{address}, giving out tokens at \
         http://{identity_address}/msi/token, leading *.vault.azure.net here from \
         http://{proxy_address}"
    );
    // The secrets end with the process, so there is nothing that a stop should wait for.
    tokio::select! {
        served = key_vault_simulator::serve_vault(listener, &vault, &certificates) => {
            served.map_err(Failure::to("serve"))
        }
        served = axum::serve(identity, key_vault_simulator::identity_app(&vault)) => {
            served.map_err(Failure::to("serve"))
        }
        served = key_vault_simulator::serve_proxy(proxy, address) => {
            served.map_err(Failure::to("serve"))
        }
        () = stop => Ok(()),
    }
}
