//! Many concurrent orders, with the shipped reservation time.

use super::harness::trials;
use futures::future::join_all;
use serde_json::{Map, Value, json};
use std::time::Duration;
use tests::system::shop::Shop;

trials![
    of_two_orders_with_the_same_products_in_opposite_order_one_completes,
    orders_of_100_products_complete,
    orders_complete_for_a_product_with_5000_open_reservations,
];

/// The time within which orders under load end.
const ENDS_WITHIN: Duration = Duration::from_mins(3);

async fn of_two_orders_with_the_same_products_in_opposite_order_one_completes(shop: &Shop) {
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

async fn orders_of_100_products_complete(shop: &Shop) {
    let products = join_all(
        (0..100).map(|number| async move { shop.sell(&format!("part-{number}"), 100, 100).await }),
    )
    .await;
    let items: Vec<_> = products.iter().map(|product| (product.as_str(), 1)).collect();
    let body = shop.order(&items);
    let orders = join_all((0..20).map(|_| shop.place(&body))).await;
    shop.all_complete(&orders, ENDS_WITHIN).await;
}

/// Replaces the open reservations in the stored document of a product's stock.
async fn set_reservations(shop: &Shop, product: &str, open: Map<String, Value>) {
    let state = format!("{}/v1.0/state/stock-store", shop.cluster.sidecar_url("stock"));
    let read = shop.http.get(format!("{state}/{product}")).send().await.expect("there is a stock");
    let version = read.headers().get("etag").and_then(|etag| etag.to_str().ok());
    let version = version.expect("a document has a version").to_owned();
    let mut document: Value = read.json().await.expect("a stock is JSON");
    document["open"] = Value::Object(open);
    let write = json!([{"key": product, "value": document, "etag": version}]);
    let written = shop.http.post(state).json(&write).send().await.expect("the sidecar answers");
    assert!(written.status().is_success(), "{written:?}");
}

async fn orders_complete_for_a_product_with_5000_open_reservations(shop: &Shop) {
    let lamp = shop.sell("lamp", 100, 10_000).await;
    let reservation = json!({
        "quantity": 1, "unit_price": {"amount": 100, "currency": "EUR"}, "state": "reserved",
        "expires_at": "2100-01-01T00:00:00Z"
    });
    let others =
        (0..4_950).map(|number| (shop.id(&format!("other-{number}")), reservation.clone()));
    set_reservations(shop, &lamp, others.collect()).await;
    assert_eq!(shop.stock(&lamp).await, (10_000, 4_950));
    let body = shop.order(&[(&lamp, 1)]);
    let orders = join_all((0..50).map(|_| shop.place(&body))).await;
    shop.all_complete(&orders, ENDS_WITHIN).await;
    assert_eq!(shop.stock(&lamp).await, (9_950, 4_950));
    set_reservations(shop, &lamp, Map::new()).await;
}
