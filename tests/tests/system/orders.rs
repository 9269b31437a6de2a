//! Orders from end to end, completed and cancelled.

use super::harness::trials;
use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use tests::system::shop::{ApiResponse, Shop};
use tests::system::wait::until;

trials![
    an_order_completes_and_is_charged_its_total_once,
    an_order_can_be_read_immediately_after_it_was_accepted,
    a_declined_card_cancels_the_order_and_charges_nothing,
    a_country_that_is_not_served_cancels_the_order_and_refunds_it,
    one_sold_out_item_of_three_leaves_nothing_reserved,
    a_changed_price_cancels_the_order_before_any_charge,
    products_in_two_currencies_cancel_the_order,
    ten_of_50_concurrent_orders_for_the_last_10_items_complete,
    requests_with_the_same_idempotency_key_create_one_order,
];

fn problem(order: &ApiResponse) -> &str {
    assert_eq!(order.body["status"], "cancelled", "{order:?}");
    order.body["reason"]["code"].as_str().expect("a cancelled order has a reason")
}

async fn charges(shop: &Shop, order: &str) -> Vec<Value> {
    let ledger = shop.ledger().await;
    let payments = ledger["payments"].as_array().expect("a ledger has payments").clone();
    payments
        .into_iter()
        .filter(|payment| payment["order_id"] == order && payment["outcome"] == "charged")
        .collect()
}

async fn an_order_completes_and_is_charged_its_total_once(shop: &Shop) {
    const STATUSES: [&str; 5] = ["pending", "reserved", "paid", "shipped", "completed"];
    let (lamp, bulb) = (shop.sell("lamp", 2_000, 10).await, shop.sell("bulb", 150, 20).await);
    let answer = shop.post("/api/orders", &shop.order(&[(&lamp, 2), (&bulb, 3)])).await;
    assert_eq!((answer.status, answer.text("status")), (202, "pending".to_owned()));
    let order = shop.accepted(&answer);
    assert_eq!(answer.location, Some(format!("/api/orders/{order}")));

    let mut furthest = 0;
    until("the order is completed", Duration::from_secs(20), async || {
        let status = shop.status(&order).await.text("status");
        let at = STATUSES
            .iter()
            .position(|step| *step == status)
            .expect("the status is one of a completing order");
        assert!(at >= furthest, "it went back from {} to {status}", STATUSES[furthest]);
        furthest = at;
        (status == "completed").then_some(())
    })
    .await;
    let steps = shop.status(&order).await.body["steps"].clone();
    let steps: Vec<_> = steps
        .as_array()
        .expect("there are steps")
        .iter()
        .map(|step| step["step"].clone())
        .collect();
    assert_eq!(steps, ["create", "reserve", "pay", "ship", "complete"]);

    let ended = shop.ended(&order).await;
    assert_eq!(ended.body["total"], json!({"amount": 4_450, "currency": "EUR"}));
    assert!(
        ended.body["payment_id"].is_string() && ended.body["tracking_id"].is_string(),
        "{ended:?}"
    );
    assert_eq!((shop.stock(&lamp).await, shop.stock(&bulb).await), ((8, 0), (17, 0)));
    let charges = charges(shop, &order).await;
    assert_eq!((charges.len(), &charges[0]["amount"]), (1, &json!(4_450)));
}

async fn an_order_can_be_read_immediately_after_it_was_accepted(shop: &Shop) {
    let lamp = shop.sell("lamp", 100, 100).await;
    for _ in 0..20 {
        let order = shop.place(&shop.order(&[(&lamp, 1)])).await;
        let path = format!("/api/orders/{order}");
        let (found, status) = (shop.get(&path).await, shop.status(&order).await);
        assert_eq!((found.status, status.status), (200, 200), "{found:?} {status:?}");
        assert_eq!(found.text("order_id"), order);
    }
}

async fn a_declined_card_cancels_the_order_and_charges_nothing(shop: &Shop) {
    let lamp = shop.sell("lamp", 2_000, 5).await;
    let mut order = shop.order(&[(&lamp, 2)]);
    order["payment_method"] = json!("pm_card_chargeDeclined");
    let order = shop.place(&order).await;
    let ended = shop.ended(&order).await;
    assert_eq!(
        (problem(&ended), &ended.body["reason"]["status"]),
        ("payment-declined", &json!(402))
    );
    assert_eq!(shop.stock(&lamp).await, (5, 0));
    assert!(charges(shop, &order).await.is_empty());
}

async fn a_country_that_is_not_served_cancels_the_order_and_refunds_it(shop: &Shop) {
    let lamp = shop.sell("lamp", 2_000, 5).await;
    let mut order = shop.order(&[(&lamp, 2)]);
    order["ship_to"]["country"] = json!("AQ");
    let order = shop.place(&order).await;
    assert_eq!(problem(&shop.ended(&order).await), "country-not-served");
    assert_eq!(shop.stock(&lamp).await, (5, 0));
    let charges = charges(shop, &order).await;
    assert_eq!((charges.len(), &charges[0]["refunded"]), (1, &json!(4_000)));
    let steps = shop.status(&order).await.body["steps"].clone();
    let mut steps: Vec<_> = steps
        .as_array()
        .expect("there are steps")
        .iter()
        .filter_map(|step| step["step"].as_str())
        .collect();
    // The undos run concurrently.
    steps[4..].sort_unstable();
    let undone = ["cancel-shipment", "refund-payment", "release-stock"];
    assert_eq!(steps, [&["create", "reserve", "pay", "ship"][..], &undone].concat());
}

async fn one_sold_out_item_of_three_leaves_nothing_reserved(shop: &Shop) {
    let (lamp, bulb, plug) = (
        shop.sell("lamp", 100, 5).await,
        shop.sell("bulb", 100, 5).await,
        shop.sell("plug", 100, 0).await,
    );
    let order = shop.place(&shop.order(&[(&lamp, 1), (&bulb, 1), (&plug, 1)])).await;
    let ended = shop.ended(&order).await;
    assert_eq!(
        (problem(&ended), ended.body["reason"]["product_id"].clone()),
        ("out-of-stock", json!(plug))
    );
    assert_eq!((shop.stock(&lamp).await, shop.stock(&bulb).await), ((5, 0), (5, 0)));
}

async fn a_changed_price_cancels_the_order_before_any_charge(shop: &Shop) {
    let lamp = shop.sell("lamp", 2_000, 5).await;
    let mut order = shop.order(&[(&lamp, 1)]);
    order["items"][0]["unit_price"] = json!({"amount": 1_900, "currency": "EUR"});
    let order = shop.place(&order).await;
    let ended = shop.ended(&order).await;
    assert_eq!(
        (problem(&ended), ended.body["reason"]["unit_price"]["amount"].clone()),
        ("price-changed", json!(2_000))
    );
    assert!(charges(shop, &order).await.is_empty());
}

async fn products_in_two_currencies_cancel_the_order(shop: &Shop) {
    let (lamp, plug) = (shop.sell("lamp", 2_000, 5).await, shop.id("plug"));
    let offer =
        json!({"name": "Plug", "unit_price": {"amount": 100, "currency": "USD"}, "on_hand": 5});
    let answer =
        shop.send(shop.request(Method::PUT, &format!("/api/inventory/{plug}")).json(&offer)).await;
    assert_eq!(answer.status, 201);
    shop.supply(&plug, 5);
    let order = shop.place(&shop.order(&[(&lamp, 1), (&plug, 1)])).await;
    assert_eq!(problem(&shop.ended(&order).await), "mixed-currencies");
}

async fn ten_of_50_concurrent_orders_for_the_last_10_items_complete(shop: &Shop) {
    let lamp = shop.sell("lamp", 2_000, 10).await;
    let body = shop.order(&[(&lamp, 1)]);
    let orders = join_all((0..50).map(|_| shop.place(&body))).await;
    let ended = join_all(orders.iter().map(|order| shop.ended(order))).await;
    let (completed, cancelled): (Vec<_>, Vec<_>) =
        ended.iter().partition(|order| order.body["status"] == "completed");
    assert_eq!((completed.len(), cancelled.len()), (10, 40));
    assert!(cancelled.into_iter().all(|order| problem(order) == "out-of-stock"));
    assert_eq!(shop.stock(&lamp).await, (0, 0));
}

async fn requests_with_the_same_idempotency_key_create_one_order(shop: &Shop) {
    let lamp = shop.sell("lamp", 2_000, 50).await;
    let body = shop.order(&[(&lamp, 1)]);
    let place = || {
        shop.send(
            shop.request(Method::POST, "/api/orders").header("Idempotency-Key", "once").json(&body),
        )
    };
    let answers = join_all((0..20).map(|_| place())).await;
    let order = shop.accepted(&answers[0]);
    assert_eq!(answers[0].status, 202);
    let parts =
        |answer: &ApiResponse| (answer.status, answer.location.clone(), answer.body.clone());
    for answer in &answers {
        assert_eq!(parts(answer), parts(&answers[0]));
    }
    assert_eq!(shop.ended(&order).await.body["status"], "completed");
    assert_eq!(parts(&place().await), parts(&answers[0]));

    let mut other = body.clone();
    other["items"][0]["quantity"] = json!(2);
    let refused = shop
        .send(
            shop.request(Method::POST, "/api/orders")
                .header("Idempotency-Key", "once")
                .json(&other),
        )
        .await;
    assert_eq!((refused.status, refused.problem()), (422, Some("key-reused")));
    assert_eq!(shop.ended(&order).await.body["status"], "completed");
    assert_eq!((charges(shop, &order).await.len(), shop.stock(&lamp).await), (1, (49, 0)));
}
