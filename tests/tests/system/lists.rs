//! Lists of orders, which follow the events of orders.

use super::harness::trials;
use futures::stream::{self, StreamExt};
use local::api::Api;
use local::rebuild::{ORDERS, Store, rebuild};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use tests::system::shop::Shop;
use tests::system::wait::until;

trials![lists_show_500_mixed_orders_and_can_be_rebuilt_after_their_loss];

/// The time within which lists reflect an order's last event.
const LAG: Duration = Duration::from_secs(20);

const CUSTOMERS: [&str; 3] = ["ann", "bob", "eve"];

/// Places an order of one of the customers, and returns its id and the entry that lists show once it has ended.
/// Every fifth is declined, every seventh goes to a country that is not served, and every eleventh is cancelled.
async fn place(shop: &Shop, lamp: &str, number: usize) -> (String, Value) {
    let mut order = shop.order(&[(lamp, 1)]);
    order["customer_id"] = json!(shop.id(CUSTOMERS[number % 3]));
    if number.is_multiple_of(5) {
        order["payment_method"] = json!("pm_card_chargeDeclined");
    }
    if number.is_multiple_of(7) {
        order["ship_to"]["country"] = json!("AQ");
    }
    let id = shop.place(&order).await;
    if number.is_multiple_of(11) {
        shop.post(&format!("/api/orders/{id}/cancel"), &json!({})).await;
    }
    let ended = shop.ended(&id).await.body;
    let mut listed = json!({});
    for field in ["order_id", "customer_id", "status", "total", "created_at", "updated_at"] {
        if !ended[field].is_null() {
            listed[field] = ended[field].clone();
        }
    }
    (id, listed)
}

/// A whole list, read page by page.
async fn list(shop: &Shop, query: &str) -> Vec<Value> {
    let (mut orders, mut after) = (Vec::new(), String::new());
    loop {
        let page = shop.get(&format!("/api/orders?limit=40&{query}{after}")).await;
        assert_eq!(page.status, 200, "{page:?}");
        orders.extend(page.body["orders"].as_array().expect("a page has orders").iter().cloned());
        match page.body["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return orders,
        }
    }
}

async fn lists_show(shop: &Shop, orders: &BTreeMap<String, Value>) {
    for customer in CUSTOMERS.map(|name| shop.id(name)) {
        for status in [None, Some("completed"), Some("cancelled"), Some("stuck")] {
            let shown = |order: &&Value| {
                order["customer_id"] == customer && status.is_none_or(|it| order["status"] == it)
            };
            let mut expected: Vec<_> = orders.values().filter(shown).cloned().collect();
            expected.sort_by_key(|order| {
                (order["created_at"].to_string(), order["order_id"].to_string())
            });
            expected.reverse();
            let status = status.map(|status| format!("&status={status}")).unwrap_or_default();
            let query = format!("customer_id={customer}{status}");
            until(&format!("the list {query} is up to date"), LAG, async || {
                (list(shop, &query).await == expected).then_some(())
            })
            .await;
        }
    }
    for status in ["completed", "cancelled"] {
        let all = list(shop, &format!("status={status}")).await;
        let own = all.iter().filter(|order| orders.values().any(|own| own == *order)).count();
        let expected = orders.values().filter(|order| order["status"] == status).count();
        assert_eq!(own, expected, "of {} {status} orders of all customers", all.len());
    }
}

async fn lists_show_500_mixed_orders_and_can_be_rebuilt_after_their_loss(shop: &Shop) {
    let lamp = shop.sell("lamp", 2_000, 1_000).await;
    let placed = stream::iter(0..500).map(|number| place(shop, &lamp, number));
    let orders: BTreeMap<_, _> = placed.buffer_unordered(20).collect().await;
    assert_eq!(orders.len(), 500);
    lists_show(shop, &orders).await;
    super::redis::remove(shop, "orders||_list.").await;
    assert_eq!(list(shop, "").await, Vec::<Value>::new());
    let store = Store::Redis(shop.cluster.redis_port());
    let api = Api::new(&shop.cluster.gateway_url(), &shop.token);
    let listed = rebuild(&ORDERS, &store, &api).await;
    assert!(listed.expect("the lists are rebuilt") >= 500);
    lists_show(shop, &orders).await;
}
