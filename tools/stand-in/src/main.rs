//! `stand-in`: stands in for a service until it is signalled to stop.

use clap::{Parser, Subcommand};
use stand_in::{issuer, key_vault, mail, payment, process, trace};
use std::process::ExitCode;

/// Stands in for a service that the shop calls, in memory, and unless it is said otherwise on 127.0.0.1.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    service: Service,
}

#[derive(Debug, Subcommand)]
enum Service {
    Payment(payment::Arguments),
    Mail(mail::Arguments),
    Trace(trace::Arguments),
    KeyVault(key_vault::Arguments),
    Issuer(issuer::Arguments),
}

#[tokio::main]
async fn main() -> ExitCode {
    process::run(async |Arguments { service }| match service {
        Service::Payment(arguments) => payment::serve(arguments).await,
        Service::Mail(arguments) => mail::serve(arguments).await,
        Service::Trace(arguments) => trace::serve(arguments).await,
        Service::KeyVault(arguments) => key_vault::serve(arguments).await,
        Service::Issuer(arguments) => issuer::serve(arguments).await,
    })
    .await
}
