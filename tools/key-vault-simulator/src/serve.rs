//! The process: listens on three ports of the loopback address, stops on SIGTERM or SIGINT.

use std::error::Error as _;
use std::iter::successors;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::{fs, io};

use clap::Parser;
use key_vault_simulator::{CertificateError, Certificates, IdentityHeader, Vault};
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::seeds::{self, SeedsError, Tag};

/// `EX_USAGE` of sysexits: the command line or the secrets file is at fault.
const USAGE: u8 = 64;

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

/// Why the process ends with an error.
#[derive(Debug, Error)]
enum Failure {
    #[error("cannot use the secrets file {}", path.display())]
    Seeds { path: PathBuf, source: SeedsError },
    #[error("cannot serve by TLS")]
    Certificates(#[source] CertificateError),
    #[error("cannot write the certificate of the authority to {}", path.display())]
    Authority { path: PathBuf, source: io::Error },
    #[error("cannot listen on 127.0.0.1:{port}; {option} chooses another port")]
    Listen { port: u16, option: &'static str, source: io::Error },
    #[error("cannot handle signals")]
    Signals(#[source] io::Error),
    #[error("cannot serve")]
    Serve(#[source] io::Error),
}

impl Failure {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Seeds { .. } => ExitCode::from(USAGE),
            Self::Certificates(_)
            | Self::Authority { .. }
            | Self::Listen { .. }
            | Self::Signals(_)
            | Self::Serve(_) => ExitCode::FAILURE,
        }
    }
}

/// Lives from the command line to the exit code.
pub(crate) async fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(help_or_error) => {
            let code = if help_or_error.use_stderr() { USAGE } else { 0 };
            return help_or_error.print().map_or(ExitCode::FAILURE, |()| ExitCode::from(code));
        }
    };
    match serve(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("key-vault-simulator: {}", chain(&failure));
            failure.exit_code()
        }
    }
}

async fn serve(arguments: Arguments) -> Result<(), Failure> {
    let vault = Vault::new(arguments.identity_header);
    if let Some(path) = arguments.secrets_file {
        seeds::sow(&vault, &path, &arguments.tags)
            .map_err(|source| Failure::Seeds { path, source })?;
    }
    let (listener, address) = listen(arguments.port, "--port").await?;
    let (identity, identity_address) = listen(arguments.identity_port, "--identity-port").await?;
    let (proxy, proxy_address) = listen(arguments.proxy_port, "--proxy-port").await?;
    let mut terminate = signal(SignalKind::terminate()).map_err(Failure::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::Signals)?;
    let certificates = Certificates::make().map_err(Failure::Certificates)?;
    let path = arguments.ca_file;
    fs::write(&path, &certificates.authority)
        .map_err(|source| Failure::Authority { path, source })?;
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
            served.map_err(Failure::Serve)
        }
        served = axum::serve(identity, key_vault_simulator::identity_app(&vault)) => {
            served.map_err(Failure::Serve)
        }
        served = key_vault_simulator::serve_proxy(proxy, address) => served.map_err(Failure::Serve),
        _ = terminate.recv() => Ok(()),
        _ = interrupt.recv() => Ok(()),
    }
}

async fn listen(port: u16, option: &'static str) -> Result<(TcpListener, SocketAddr), Failure> {
    let failed = |source| Failure::Listen { port, option, source };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

/// The failure and its causes, on one line.
fn chain(failure: &Failure) -> String {
    let causes = successors(failure.source(), |cause| (*cause).source());
    causes.fold(failure.to_string(), |text, cause| format!("{text}: {cause}"))
}
