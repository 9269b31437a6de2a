//! The work of an order, counted. What grows here costs every order; what shrinks is stated anew. Times are measured
//! by `./makew bench`, and asserted nowhere.
#![expect(clippy::float_arithmetic, reason = "shares of an order are fractions")]

use super::harness::trials;
use bench::meter::{Meter, Work};
use reqwest::Method;
use serde_json::{Value, json};
use tests::system::shop::Shop;

trials![an_order_causes_as_much_work_as_is_stated];

/// Enough that what the shop does from time to time without orders hardly counts.
const ORDERS: u16 = 40;

/// How far a count may be from the stated one, up and down.
const TOLERANCE: f64 = 0.2;

/// What an order of one product causes, until its last mail is sent.
const STATED: [Stated; 7] = [
    ("calls of functions to their sidecars", 90.5, |work| work.counts.all_calls()),
    ("results of turns and activities, and starts", 13.0, |work| work.counts.work_items),
    ("calls of sidecars to functions", 24.0, |work| work.counts.deliveries),
    ("commands of Redis", 525.0, |work| work.counts.all_redis()),
    ("keys written or deleted in the scheduler's etcd", 34.0, |work| work.counts.etcd_writes),
    ("keys left in Redis", 27.4, |work| work.kept.keys),
    ("bytes left in Redis", 12_850.0, |work| work.kept.bytes),
];

/// What is counted, how much of it, and where that is found.
type Stated = (&'static str, f64, fn(&Work) -> f64);

async fn an_order_causes_as_much_work_as_is_stated(shop: &Shop) {
    let lamp = shop.sell("lamp", 2_000, 1_000).await;
    let mut order = shop.order(&[(&lamp, 1)]);
    // As the page does: otherwise the price is read first, for orders below the smallest payment.
    order["items"][0]["unit_price"] = json!({"amount": 2_000, "currency": "EUR"});
    // The first order of a product causes more: it schedules the sweep of reservations.
    complete(shop, &order).await;
    let meter = Meter::start(&shop.cluster, &shop.http).await.expect("the counters are readable");
    for _ in 0..ORDERS {
        complete(shop, &order).await;
    }
    let work = meter.finish(f64::from(ORDERS)).await.expect("the counters are readable");
    let wrong = STATED.iter().filter_map(|stated| wrong(stated, &work)).collect::<Vec<_>>();
    assert!(wrong.is_empty(), "\n{}\n{work:#?}", wrong.join("\n"));
}

fn wrong((what, stated, count): &Stated, work: &Work) -> Option<String> {
    let count = count(work);
    let differs = (count / stated - 1.0).abs() > TOLERANCE;
    differs.then(|| format!("{what}: {count:.1} an order, where {stated} are stated"))
}

/// Places an order and waits until it has completed, without polling, which would count.
async fn complete(shop: &Shop, order: &Value) {
    let request = shop.request(Method::POST, "/api/orders").header("prefer", "wait=8").json(order);
    let answer = shop.send(request).await;
    let id = shop.accepted(&answer);
    if answer.body["status"] != "completed" {
        assert_eq!(shop.ended(&id).await.body["status"], "completed");
    }
}
