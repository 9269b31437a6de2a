//! The API of a product's stock.

use super::harness::trials;
use futures::future::join_all;
use futures::stream::{self, StreamExt};
use local::api::Api;
use local::rebuild::{PRODUCTS, Store, rebuild};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use tests::system::shop::Shop;
use tests::system::wait::until;

trials![
    stock_is_set_checked_reserved_and_released,
    stock_is_set_under_its_etag_and_adjusted_while_orders_run,
    an_expired_reservation_is_released,
    products_are_listed_page_by_page_and_listed_again_after_the_list_is_lost,
];

async fn stock_is_set_checked_reserved_and_released(shop: &Shop) {
    let lamp = shop.sell("lamp", 2_000, 5).await;
    let path = format!("/api/inventory/{lamp}");
    let level = shop.get(&path).await;
    let expected = json!({
        "product_id": lamp, "name": "lamp", "unit_price": {"amount": 2_000, "currency": "EUR"},
        "on_hand": 5, "reserved": 0, "available": 5
    });
    assert_eq!((level.status, level.body), (200, expected));

    let (order, reserve) = (shop.id("order"), format!("{path}/reserve"));
    for _ in 0..2 {
        let reservation = shop.post(&reserve, &json!({"order_id": order, "quantity": 3})).await;
        assert_eq!((reservation.status, &reservation.body["quantity"]), (200, &json!(3)));
        assert_eq!(shop.stock(&lamp).await, (5, 3));
    }
    let other = shop.post(&reserve, &json!({"order_id": shop.id("other"), "quantity": 3})).await;
    assert_eq!((other.status, other.problem()), (409, Some("out-of-stock")));
    let more = shop.post(&reserve, &json!({"order_id": order, "quantity": 4})).await;
    assert_eq!((more.status, more.problem()), (409, Some("reservation-mismatch")));
    let fewer =
        json!({"name": "lamp", "unit_price": {"amount": 2_000, "currency": "EUR"}, "on_hand": 2});
    let put = shop.request(Method::PUT, &path).header("if-match", "*");
    let fewer = shop.send(put.json(&fewer)).await;
    assert_eq!((fewer.status, fewer.problem()), (409, Some("below-reserved")));

    for _ in 0..2 {
        let released = shop.post(&format!("{path}/release"), &json!({"order_id": order})).await;
        assert_eq!((released.status, &released.body["available"]), (200, &json!(5)));
    }
}

async fn an_expired_reservation_is_released(shop: &Shop) {
    let lamp = shop.sell("lamp", 2_000, 5).await;
    let path = format!("/api/inventory/{lamp}/reserve");
    let reservation = shop.post(&path, &json!({"order_id": shop.id("order"), "quantity": 2})).await;
    assert_eq!(reservation.status, 200);
    // Every actor turn releases expired reservations: only the stored document shows that the reminder did.
    let key = format!("stock||{lamp}");
    until("the reminder has released the reservation", Duration::from_secs(50), async || {
        let document = super::redis::field(shop, &key, "data").await?;
        document["open"].as_object()?.is_empty().then_some(())
    })
    .await;
    assert_eq!(shop.stock(&lamp).await, (5, 0));
}

/// Every product on sale, read page by page.
async fn products(shop: &Shop) -> Vec<Value> {
    let (mut products, mut after) = (Vec::new(), String::new());
    loop {
        let page = shop.get(&format!("/api/inventory?limit=7{after}")).await;
        assert_eq!(page.status, 200, "{page:?}");
        let shown = page.body["products"].as_array().expect("a page has products");
        assert!(shown.len() <= 7);
        products.extend(shown.iter().cloned());
        match page.body["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return products,
        }
    }
}

async fn products_are_listed_page_by_page_and_listed_again_after_the_list_is_lost(shop: &Shop) {
    let numbers: Vec<_> = (10..30).map(|number| format!("shelf-{number}")).collect();
    let sold = stream::iter(&numbers).map(|name| shop.sell(name, 2_000, 5)).buffer_unordered(20);
    let mut sold: Vec<_> = sold.collect().await;
    sold.sort();
    let reserve = json!({"order_id": shop.id("order"), "quantity": 3});
    shop.post(&format!("/api/inventory/{}/reserve", sold[3]), &reserve).await;
    let own = async || {
        let all = products(shop).await;
        assert!(all.is_sorted_by_key(|product| product["product_id"].to_string()));
        let is_own = |product: &Value| sold.iter().any(|id| product["product_id"] == *id);
        all.into_iter().filter(is_own).collect::<Vec<_>>()
    };
    let shown =
        stream::iter(&sold).map(async |id| shop.get(&format!("/api/inventory/{id}")).await.body);
    let expected: Vec<_> = shown.buffered(5).collect().await;
    assert_eq!(expected[3]["available"], 2);
    assert_eq!(own().await, expected);

    super::redis::remove(shop, "stock||_products.").await;
    assert_eq!(own().await, Vec::<Value>::new());
    let store = Store::Redis(shop.cluster.redis_port());
    let api = Api::new(&shop.cluster.gateway_url(), &shop.token);
    let listed = rebuild(&PRODUCTS, &store, &api).await;
    assert!(listed.expect("the list is rebuilt") >= 20);
    assert_eq!(own().await, expected);
    shop.post(
        &format!("/api/inventory/{}/release", sold[3]),
        &json!({"order_id": shop.id("order")}),
    )
    .await;
}

async fn stock_is_set_under_its_etag_and_adjusted_while_orders_run(shop: &Shop) {
    let lamp = shop.sell("lamp", 2_000, 10).await;
    let path = format!("/api/inventory/{lamp}");
    let before = shop.get(&path).await;
    let tag = before.etag.clone().expect("a stock has an ETag");
    let orders: Vec<_> = {
        let body = shop.order(&[(&lamp, 1)]);
        join_all((0..2).map(|_| shop.place(&body))).await
    };
    let adjustments = format!("{path}/adjustments");
    let adjustment = json!({"delta": 5, "reason": "a delivery"});
    for _ in 0..2 {
        let key = shop.id("delivery");
        let adjust = shop.request(Method::POST, &adjustments).header("idempotency-key", key);
        let adjusted = shop.send(adjust.json(&adjustment)).await;
        assert_eq!(adjusted.status, 200, "{adjusted:?}");
    }
    shop.supply(&lamp, 15);
    join_all(orders.iter().map(|order| shop.ended(order))).await;
    assert_eq!(shop.stock(&lamp).await, (13, 0));

    let put = |condition: Option<(&str, &str)>, on_hand: i64| {
        let offer = json!({"name": "lamp", "unit_price": {"amount": 2_000, "currency": "EUR"}, "on_hand": on_hand});
        let request = shop.request(Method::PUT, &path).json(&offer);
        match condition {
            Some((name, value)) => request.header(name, value),
            None => request,
        }
    };
    let blind = shop.send(put(None, 15)).await;
    assert_eq!((blind.status, blind.problem()), (428, Some("precondition-required")));
    for condition in [("if-match", tag.as_str()), ("if-none-match", "*")] {
        let stale = shop.send(put(Some(condition), 15)).await;
        assert_eq!((stale.status, stale.problem()), (412, Some("precondition-failed")));
    }
    let now = shop.get(&path).await.etag.expect("a stock has an ETag");
    let set = shop.send(put(Some(("if-match", &now)), 20)).await;
    assert_eq!((set.status, &set.body["on_hand"]), (200, &json!(20)));
    assert_ne!(set.etag, Some(now));
    shop.supply(&lamp, 22);
}
