//! What is away for longer than anybody waits, under the retry rules as shipped, in a cluster of
//! its own.

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use tests::system::shop::Shop;
use tests::system::wait::until;
use tokio::time::sleep;

/// How long something is away: many times what the first tries of a step take.
const OUTAGE: Duration = Duration::from_secs(90);

/// How soon after an outage every order has ended.
const ENDS_WITHIN: Duration = Duration::from_mins(3);

/// Places 20 orders whose payments take a while, and waits until the first is on its way.
async fn orders_on_their_way(shop: &Shop) -> Vec<String> {
    let lamp = shop.sell("lamp", 2_000, 100).await;
    let body = shop.order(&[(&lamp, 1)]);
    shop.payment_faults(&json!({"fault": "stall", "next": 20, "stall_ms": 1_000})).await;
    let orders = join_all((0..20).map(|_| shop.place(&body))).await;
    until("the first order waits for its payment", Duration::from_secs(20), async || {
        let status = shop.status(&orders[0]).await.body["status"].clone();
        (status == "reserved").then_some(())
    })
    .await;
    orders
}

async fn all_complete(shop: &Shop, orders: &[String]) {
    for order in orders {
        until(&format!("order {order} is completed"), ENDS_WITHIN, async || {
            let path = format!("/api/orders/{order}");
            let answer = shop.try_send(shop.request(Method::GET, &path)).await.ok()?;
            let status = answer.body["status"].as_str()?.to_owned();
            assert!(!["cancelled", "stuck"].contains(&status.as_str()), "{answer:?}");
            (status == "completed").then_some(())
        })
        .await;
    }
}

/// Kills functions during 20 orders, starts them after [`OUTAGE`], and sees every order completed.
async fn orders_outlast(shop: &Shop, functions: &[&str]) {
    let orders = orders_on_their_way(shop).await;
    for function in functions {
        shop.cluster.function(function).kill().await;
    }
    sleep(OUTAGE).await;
    for function in functions {
        shop.cluster.function(function).start().await.expect("the function starts again");
    }
    shop.cluster.wait_ready().await.expect("the shop is ready again");
    all_complete(shop, &orders).await;
}

pub(crate) async fn orders_outlast_a_carrier_that_is_away(shop: &Shop) {
    orders_outlast(shop, &["ship-order"]).await;
}

pub(crate) async fn orders_outlast_stock_and_payments_that_are_away(shop: &Shop) {
    orders_outlast(shop, &["stock", "process-payment"]).await;
}

pub(crate) async fn orders_outlast_a_store_and_a_broker_that_are_away(shop: &Shop) {
    let orders = orders_on_their_way(shop).await;
    shop.cluster.redis().pause();
    sleep(OUTAGE).await;
    shop.cluster.redis().resume();
    all_complete(shop, &orders).await;
}

pub(crate) async fn of_two_orders_with_the_same_products_in_opposite_order_one_completes(
    shop: &Shop,
) {
    let pairs = join_all((0..20).map(|pair| async move {
        let lamp = shop.sell(&format!("lamp-{pair}"), 100, 1).await;
        let bulb = shop.sell(&format!("bulb-{pair}"), 100, 1).await;
        let (one, other) = tokio::join!(
            async { shop.place(&shop.order(&[(&lamp, 1), (&bulb, 1)])).await },
            async { shop.place(&shop.order(&[(&bulb, 1), (&lamp, 1)])).await },
        );
        [shop.ended(&one).await, shop.ended(&other).await]
    }))
    .await;
    for pair in pairs {
        let completed = pair.iter().filter(|order| order.body["status"] == "completed").count();
        assert_eq!(completed, 1, "{pair:?}");
    }
}

pub(crate) async fn orders_of_100_products_complete(shop: &Shop) {
    let products = join_all(
        (0..100).map(|number| async move { shop.sell(&format!("part-{number}"), 100, 100).await }),
    )
    .await;
    let items: Vec<_> = products.iter().map(|product| (product.as_str(), 1)).collect();
    let body = shop.order(&items);
    let orders = join_all((0..20).map(|_| shop.place(&body))).await;
    all_complete(shop, &orders).await;
}

/// Asks for an order to be resumed, and returns the status of the answer.
async fn resume(shop: &Shop, order: &str) -> u16 {
    let path = format!("/api/orders/{order}/resume");
    shop.send(shop.request(Method::POST, &path)).await.status
}

/// Ends the workflow of an order that is paid and whose carrier does not answer.
async fn break_off_at_the_carrier(shop: &Shop) -> String {
    let lamp = shop.sell("lamp", 2_000, 10).await;
    shop.cluster.function("ship-order").pause();
    let order = shop.place(&shop.order(&[(&lamp, 1)])).await;
    until("the order is paid", Duration::from_secs(20), async || {
        (shop.status(&order).await.body["status"] == "paid").then_some(())
    })
    .await;
    let sidecar = shop.cluster.sidecar_url("order-saga");
    let url = format!("{sidecar}/v1.0/workflows/dapr/{order}/terminate");
    until("the workflow is ended", Duration::from_secs(30), async || {
        let answer = shop.http.post(&url).send().await.ok()?;
        answer.status().is_success().then_some(())
    })
    .await;
    order
}

pub(crate) async fn an_order_whose_workflow_was_ended_is_driven_on_when_it_is_resumed(shop: &Shop) {
    let order = break_off_at_the_carrier(shop).await;
    shop.cluster.function("ship-order").resume();
    until("the order is resumed", Duration::from_secs(30), async || {
        (resume(shop, &order).await == 202).then_some(())
    })
    .await;
    assert_eq!(shop.ended(&order).await.body["status"], "completed");
    assert_eq!(resume(shop, &order).await, 204);
    assert_eq!(resume(shop, "nowhere").await, 404);
}

pub(crate) async fn a_stuck_order_is_ended_when_it_is_resumed(shop: &Shop) {
    let order = break_off_at_the_carrier(shop).await;
    shop.cluster.function("ship-order").resume();
    let state = format!("{}/v1.0/state/orders", shop.cluster.sidecar_url("order-saga"));
    let read = shop.http.get(format!("{state}/{order}")).send().await.expect("there is an order");
    let version = read.headers().get("etag").and_then(|etag| etag.to_str().ok());
    let version = version.expect("a document has a version").to_owned();
    let mut document: Value = read.json().await.expect("an order is JSON");
    let cause = json!({"step": "ship", "stop": "failed"});
    let left = ["cancel-shipment", "refund-payment", "release-stock"];
    document["status"] = json!("stuck");
    document["outcome"] = json!({"stuck": {"cause": cause, "left": left}});
    let write = json!([{"key": order, "value": document, "etag": version}]);
    let written = shop.http.post(state).json(&write).send().await.expect("the sidecar answers");
    assert!(written.status().is_success(), "{written:?}");
    assert_eq!(shop.status(&order).await.body["left"], json!(left));
    assert_eq!(resume(shop, &order).await, 202);
    until("the order is cancelled", Duration::from_secs(30), async || {
        (shop.status(&order).await.body["status"] == "cancelled").then_some(())
    })
    .await;
}
