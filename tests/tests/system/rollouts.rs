//! Rollouts: one of two processes of a function stops.

use super::harness::trials;
use local::cluster::Second;
use serde_json::Value;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tests::system::shop::Shop;
use tests::system::wait::until;
use tokio::time::interval;

trials![stopping_one_of_two_processes_loses_no_request];

/// The functions that get a second process: those that the gateway calls most often, and those that process
/// orders. The gateway is none of them, as the platform's ingress is in front of it.
pub(crate) const REPLICATED: [&str; 9] = [
    "check-stock",
    "create-order",
    "get-order",
    "order-saga",
    "order-status",
    "process-payment",
    "refund-payment",
    "ship-order",
    "stock",
];

/// The interval between rounds of requests.
const PACE: Duration = Duration::from_millis(100);

const BEGUN: &str = "started processing request";

async fn stopping_one_of_two_processes_loses_no_request(shop: &Shop) {
    let lamp = shop.sell("lamp", 100, 10_000).await;
    for function in REPLICATED {
        let second = shop.cluster.second(function);
        second.start().await.expect("the second process starts");
        let stopped = AtomicBool::new(false);
        let (orders, ()) =
            tokio::join!(place_orders(shop, &lamp, &stopped), stop(function, &second, &stopped));
        for (id, status) in orders {
            let order = shop.ended(&id).await;
            assert_eq!(order.body["status"], status, "{function}: {order:?}");
        }
    }
}

/// Places and reads orders until the second process has stopped, and returns their ids and the statuses that
/// they must end with.
async fn place_orders(
    shop: &Shop,
    lamp: &str,
    stopped: &AtomicBool,
) -> Vec<(String, &'static str)> {
    let (mut pace, mut placed) = (interval(PACE), Vec::new());
    while !stopped.load(Ordering::Relaxed) {
        pace.tick().await;
        let mut order = shop.order(&[(lamp, 1)]);
        let served = placed.len() % 2 == 0;
        if !served {
            // This order is paid, and then undone.
            order["ship_to"]["country"] = "AQ".into();
        }
        let id = shop.place(&order).await;
        let paths = [
            format!("/api/orders/{id}"),
            format!("/api/orders/{id}/status"),
            format!("/api/inventory/{lamp}"),
        ];
        for path in paths {
            let answer = shop.get(&path).await;
            assert_eq!(answer.status, 200, "{path}: {answer:?}");
            assert_ne!(answer.body, Value::Null, "{path}");
        }
        placed.push((id, if served { "completed" } else { "cancelled" }));
    }
    placed
}

async fn stop(function: &str, second: &Second<'_>, stopped: &AtomicBool) {
    until("the second process takes requests", Duration::from_secs(20), async || {
        second.log().contains(BEGUN).then_some(())
    })
    .await;
    let ended = second.stop().await;
    stopped.store(true, Ordering::Relaxed);
    let codes = ended.map(|status| status.and_then(|status| status.code()));
    assert_eq!(codes, [Some(0), Some(0)], "{function}: {}", second.log());
}
