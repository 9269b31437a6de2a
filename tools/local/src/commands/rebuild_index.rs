//! `local rebuild-index`: the lists of orders and of products, from their documents.

use clap::Args;
use local::rebuild::{ORDERS, PRODUCTS, rebuild};
use local::{LocalError, manifest, ports, redis_of_start, workspace};

/// Lists every order and every product again, as their documents say. The shop may be in use meanwhile, and
/// repeating it does no harm.
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
    for list in [ORDERS, PRODUCTS] {
        let function = functions.iter().find(|function| function.name == list.function);
        let function = function.ok_or_else(|| LocalError::Missing {
            what: format!("there is no function {}", list.function),
            remedy: "run it in the shop's workspace".to_owned(),
        })?;
        let sidecar = ports::Sidecar::of(function.manifest.port).http;
        let listed = rebuild(&list, redis, &format!("http://127.0.0.1:{sidecar}")).await?;
        println!("{listed} {} are listed", list.of);
    }
    Ok(())
}
