//! Two processes of one function, under one app id.

use super::harness::trials;
use super::mails::events_delivered_twice_are_mailed_once_to_their_customer;
use futures::future::join_all;
use local::cluster::Second;
use reqwest::Method;
use serde_json::Value;
use std::time::Duration;
use tests::system::shop::Shop;
use tests::system::wait::until;

trials![
    two_processes_mail_500_events_that_are_delivered_twice_once,
    two_processes_of_saga_and_stock_complete_200_orders,
];

/// The functions of which there can be two in this cluster.
pub(crate) const REPLICATED: [&str; 3] = ["order-saga", "send-email", "stock"];

/// What a function logs of each request.
const HANDLED: &str = "finished processing request";

/// Starts a second process of each of `functions`.
async fn start<'a>(shop: &'a Shop, functions: &[&str]) -> Vec<Second<'a>> {
    let seconds: Vec<_> = functions.iter().map(|name| shop.cluster.second(name)).collect();
    for started in join_all(seconds.iter().map(Second::start)).await {
        started.expect("the second process starts");
    }
    seconds
}

/// Stops them, and asserts that each has handled requests.
async fn stop(seconds: Vec<Second<'_>>) {
    let shares: Vec<_> = seconds.iter().map(|it| it.log().matches(HANDLED).count()).collect();
    join_all(seconds.iter().map(Second::stop)).await;
    assert!(
        shares.iter().all(|share| *share > 0),
        "a second process handled no request: {shares:?}"
    );
}

async fn two_processes_mail_500_events_that_are_delivered_twice_once(shop: &Shop) {
    let seconds = start(shop, &["send-email"]).await;
    events_delivered_twice_are_mailed_once_to_their_customer(shop).await;
    stop(seconds).await;
}

/// Places an order, and repeats a request that is answered with 503 under the same key: while workflows move to
/// a new process, one that is being started may not be known yet.
async fn place(shop: &Shop, key: String, order: Value) -> String {
    let answer = until("the order is accepted", Duration::from_mins(1), async || {
        let request = shop.request(Method::POST, "/api/orders").header("Idempotency-Key", &key);
        let answer = shop.send(request.json(&order)).await;
        assert!([202, 503].contains(&answer.status), "{answer:?}");
        (answer.status == 202).then_some(answer)
    })
    .await;
    shop.accepted(&answer)
}

async fn two_processes_of_saga_and_stock_complete_200_orders(shop: &Shop) {
    let seconds = start(shop, &["order-saga", "stock"]).await;
    let names: Vec<_> = (0..10).map(|number| format!("lamp-{number}")).collect();
    let lamps = join_all(names.iter().map(|name| shop.sell(name, 100, 200))).await;
    let mut orders = Vec::new();
    for round in 0..10 {
        let placed = (0..20).map(|number| {
            let items = [(&*lamps[number % 10], 1), (&*lamps[(number + 1) % 10], 2)];
            place(shop, format!("{round}-{number}"), shop.order(&items))
        });
        orders.extend(join_all(placed).await);
    }
    shop.all_complete(&orders, Duration::from_mins(3)).await;
    stop(seconds).await;
}
