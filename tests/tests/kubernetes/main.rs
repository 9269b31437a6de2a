//! The shop on a real Kubernetes node of this machine, deployed by `./makew deploy-kubernetes`. As root only, on Linux.

mod deployment;
mod isolation;
mod node;
mod rollouts;

use self::deployment::Deployment;
use self::node::Node;
use serde_json::json;
use std::process::{Command, Stdio};
use std::time::Duration;
use tests::system::client::Client;
use tests::system::invariants;
use tests::system::wait::until;
use tokio::sync::Mutex;
use tokio::time::timeout;

/// Held by a test while it has a node: there is only one on a machine.
static MACHINE: Mutex<()> = Mutex::const_new(());

/// The time within which the kernel removes what belonged to a node.
const GONE_WITHIN: Duration = Duration::from_secs(20);

/// What `deploy-kubernetes` makes outside of the shop's namespace.
const EVERYWHERE: [&str; 3] = ["get", "namespaces,customresourcedefinitions", "--output=name"];

#[tokio::test]
async fn the_shop_is_deployed_to_a_cluster_serves_during_rollouts_and_is_removed() {
    let _machine = MACHINE.lock().await;
    let provider = rustls::crypto::ring::default_provider();
    provider.install_default().expect("it is the first");
    let mut node = Node::start(Stdio::piped());
    let before = node.kubectl(&EVERYWHERE);
    node.provide_images();
    let deployment = Deployment::make(&node);
    let (shop, _forwarded) = deployment.reach().await;

    orders_end_as_they_must(&shop).await;
    isolation::only_the_gateway_answers(&node).await;
    for function in ["create-order", "order-saga"] {
        rollouts::a_rollout_fails_no_request(&node, &shop, function).await;
    }
    invariants::check(&shop).await;

    deployment.remove();
    assert_eq!(node.kubectl(&EVERYWHERE), before);
    node.stop();
    nothing_is_left_of(&node).await;
}

#[tokio::test]
async fn a_node_ends_with_the_process_that_holds_it_even_if_that_is_killed() {
    let _machine = MACHINE.lock().await;
    let mut holder = Command::new("cat");
    let mut holder =
        holder.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("there is cat");
    let node = Node::start(holder.stdout.take().expect("it is piped").into());
    assert!(!node.remains().is_empty());
    holder.kill().expect("it runs");
    holder.wait().expect("it is a child");
    nothing_is_left_of(&node).await;
}

async fn nothing_is_left_of(node: &Node) {
    let is_gone = async || node.remains().is_empty().then_some(());
    let gone = until("nothing is left of the node", GONE_WITHIN * 2, is_gone);
    let gone = timeout(GONE_WITHIN, gone).await;
    assert!(gone.is_ok(), "left of the node: {:?}", node.remains());
}

async fn orders_end_as_they_must(shop: &Client) {
    let lamp = shop.sell("lamp", 1_250, 3).await;
    let [completed, mut declined, mut undone, sold_out] =
        [1, 1, 1, 4].map(|quantity| shop.order(&[(&lamp, quantity)]));
    declined["payment_method"] = json!("pm_card_chargeDeclined");
    undone["ship_to"]["country"] = json!("AQ");
    for (order, status, reason) in [
        (completed, "completed", None),
        (declined, "cancelled", Some("payment-declined")),
        (undone, "cancelled", Some("country-not-served")),
        (sold_out, "cancelled", Some("out-of-stock")),
    ] {
        let id = shop.place(&order).await;
        let ended = shop.ended(&id).await.body;
        assert_eq!(ended["status"], status, "{ended}");
        assert_eq!(ended["reason"]["code"].as_str(), reason, "{ended}");
    }
    until("each order is mailed about", Duration::from_mins(1), async || {
        (shop.mails(&shop.email("ann")).await.len() >= 4).then_some(())
    })
    .await;
}
