//! Rollouts under load.

use crate::deployment::SHOP;
use crate::node::Node;
use reqwest::Method;
use std::time::Duration;
use tests::system::client::Client;
use tokio::time::{Instant, interval};

/// How many orders at least are placed during a rollout.
const ORDERS: usize = 100;

/// The interval between orders.
const PACE: Duration = Duration::from_millis(500);

/// The time within which the pods are replaced.
const REPLACED_WITHIN: Duration = Duration::from_mins(4);

/// Replaces the pods of `function` while orders are placed and read: each request succeeds, and each order completes.
pub(crate) async fn a_rollout_fails_no_request(node: &Node, shop: &Client, function: &str) {
    let lamp = shop.sell(&format!("lamp-{function}"), 100, 10_000).await;
    let name = format!("app.kubernetes.io/name={function}");
    let pods = ["get", "pods", "--namespace", SHOP, "--selector", &name, "--output=name"];
    let before = node.kubectl(&pods);
    node.kubectl(&["rollout", "restart", "--namespace", SHOP, &format!("deployment/{function}")]);
    let (mut placed, mut failed) = (Vec::new(), Vec::new());
    let (mut pace, began) = (interval(PACE), Instant::now());
    let is_replaced = || {
        let now = node.kubectl(&pods);
        now.lines().count() == before.lines().count()
            && !before.lines().any(|pod| now.contains(pod))
    };
    while placed.len() < ORDERS || !is_replaced() {
        assert!(began.elapsed() < REPLACED_WITHIN, "{function}: {}", node.kubectl(&pods));
        pace.tick().await;
        let order = shop.request(Method::POST, "/api/orders").json(&shop.order(&[(&lamp, 1)]));
        let answer = shop.try_send(order).await.expect("the gateway answers");
        if answer.status != 202 {
            failed.push((began.elapsed(), answer));
            continue;
        }
        let id = shop.accepted(&answer);
        let read = shop.status(&id).await;
        assert_eq!(read.status, 200, "{function}: {read:?}");
        placed.push(id);
    }
    eprintln!("{function}: {} orders in {:?}", placed.len(), began.elapsed());
    assert!(failed.is_empty(), "{function}: {failed:?}");
    shop.all_complete(&placed, REPLACED_WITHIN).await;
}
