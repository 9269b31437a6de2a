//! `local rebuild-index`: the lists of orders, from their documents.

use clap::Args;
use local::order_lists::{INDEXER, rebuild};
use local::{LocalError, manifest, ports, redis_of_start, workspace};

/// Lists every order again, as its document says. Orders go on meanwhile, and repeating it does no harm.
#[derive(Debug, Args)]
pub(crate) struct RebuildIndex {
    /// The port of the shop's Redis; otherwise that of `start`'s own, or else 6379.
    #[arg(long)]
    redis_port: Option<u16>,
}

pub(crate) async fn run(task: RebuildIndex) -> Result<(), LocalError> {
    let redis = match task.redis_port {
        Some(port) => port,
        None => redis_of_start().await,
    };
    let functions = manifest::functions(&workspace::root())?;
    let indexer = functions.iter().find(|function| function.name == INDEXER);
    let indexer = indexer.ok_or_else(|| LocalError::Missing {
        what: format!("there is no function {INDEXER}"),
        remedy: "run it in the shop's workspace".to_owned(),
    })?;
    let sidecar = ports::Sidecar::of(indexer.manifest.port).http;
    let listed = rebuild(redis, &format!("http://127.0.0.1:{sidecar}")).await?;
    println!("{listed} orders are listed");
    Ok(())
}
