//! One process is killed (SIGKILL) during 20 orders.

use super::harness::trials;
use futures::future::join_all;
use local::process::Process;
use serde_json::json;
use std::time::Duration;
use tests::system::shop::Shop;
use tests::system::wait::until;

trials![
    orders_survive_killing_the_workflow_host,
    orders_survive_killing_the_workflow_hosts_sidecar,
    orders_survive_killing_the_stock_host,
    orders_survive_killing_process_payment,
    orders_survive_killing_the_scheduler,
    a_killed_function_is_a_temporary_503,
];

/// Kills `victim` while orders are running, restarts it, and waits until all have ended.
async fn orders_survive(shop: &Shop, victim: &Process) {
    let lamp = shop.sell("lamp", 2_000, 100).await;
    let body = shop.order(&[(&lamp, 1)]);
    // Slow payments keep the orders running.
    shop.payment_faults(&json!({"fault": "stall", "next": 20, "stall_ms": 1_000})).await;
    let orders = join_all((0..20).map(|_| shop.place(&body))).await;
    until("the first order waits for its payment", Duration::from_secs(20), async || {
        let status = shop.status(&orders[0]).await.body["status"].clone();
        (status == "reserved").then_some(())
    })
    .await;
    victim.kill().await;
    let statuses = join_all(orders.iter().map(|order| shop.status(order))).await;
    let ended = |status: &str| ["completed", "cancelled"].contains(&status);
    let running =
        statuses.iter().filter(|answer| !answer.body["status"].as_str().is_some_and(ended)).count();
    assert!(running > 0, "the process was killed after the last order had ended");
    victim.start().await.expect("the process starts again");
    shop.cluster.wait_ready().await.expect("the shop is ready again");
    join_all(orders.iter().map(|order| shop.ended(order))).await;
}

async fn orders_survive_killing_the_workflow_host(shop: &Shop) {
    orders_survive(shop, shop.cluster.function("order-saga")).await;
}

async fn orders_survive_killing_the_workflow_hosts_sidecar(shop: &Shop) {
    orders_survive(shop, shop.cluster.sidecar("order-saga")).await;
}

async fn orders_survive_killing_the_stock_host(shop: &Shop) {
    orders_survive(shop, shop.cluster.function("stock")).await;
}

async fn orders_survive_killing_process_payment(shop: &Shop) {
    orders_survive(shop, shop.cluster.function("process-payment")).await;
}

async fn orders_survive_killing_the_scheduler(shop: &Shop) {
    orders_survive(shop, shop.cluster.scheduler()).await;
}

async fn a_killed_function_is_a_temporary_503(shop: &Shop) {
    let lamp = shop.sell("lamp", 2_000, 5).await;
    let path = format!("/api/inventory/{lamp}");
    let check_stock = shop.cluster.function("check-stock");
    check_stock.kill().await;
    let lost = shop.send(shop.request(reqwest::Method::GET, &path)).await;
    assert_eq!((lost.status, lost.problem()), (503, Some("dependency-unavailable")));
    check_stock.start().await.expect("the function starts again");
    shop.cluster.wait_ready().await.expect("the shop is ready again");
    assert_eq!(shop.stock(&lamp).await, (5, 0));
}
