//! `local rebuild-index`: the lists of orders and of products, from their documents.

use clap::Args;
use local::api::Shop;
use local::rebuild::{Cosmos, ORDERS, PRODUCTS, Store, rebuild};
use local::{LocalError, redis_of_start};

/// What it needs to be allowed.
const SCOPES: &str = "orders.admin inventory.admin";

/// Rebuilds the lists of orders and products from their documents. The shop may be in use meanwhile, and it may be
/// repeated.
#[derive(Debug, Args)]
pub(crate) struct RebuildIndex {
    /// The port of the shop's Redis; by default that of `start`, or else 6379.
    #[arg(long, conflicts_with = "cosmos")]
    redis_port: Option<u16>,
    /// The shop's Cosmos DB account, instead of a Redis. Needs an `az login` of a member of the operators' group.
    #[arg(long, value_name = "ACCOUNT", requires = "shop")]
    cosmos: Option<String>,
    #[command(flatten)]
    shop: Shop,
}

pub(crate) async fn run(task: RebuildIndex) -> Result<(), LocalError> {
    let store = match (&task.cosmos, task.redis_port) {
        (Some(account), _) => Store::Cosmos(Cosmos::new(account)?),
        (None, Some(port)) => Store::Redis(port),
        (None, None) => Store::Redis(redis_of_start().await),
    };
    let api = task.shop.api(SCOPES).await;
    for list in [ORDERS, PRODUCTS] {
        println!("{} {} are listed", rebuild(&list, &store, &api).await?, list.of);
    }
    Ok(())
}
