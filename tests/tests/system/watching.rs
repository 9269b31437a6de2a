//! Requests that wait for an order, and streams of its events.

use super::harness::trials;
use futures::future::join;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tests::system::shop::{ApiResponse, ORDER_ENDS_WITHIN, Shop};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

trials![
    a_request_that_prefers_to_wait_is_answered_with_the_ended_order,
    the_events_of_an_order_are_streamed_to_its_end_from_any_position,
    a_gateway_stops_cleanly_with_an_open_stream_and_half_a_request,
];

async fn place_and_wait(shop: &Shop, order: &Value) -> ApiResponse {
    let request = shop.request(Method::POST, "/api/orders").header("prefer", "wait=8");
    let answer = shop.send(request.json(order)).await;
    let _recorded = shop.accepted(&answer);
    answer
}

async fn a_request_that_prefers_to_wait_is_answered_with_the_ended_order(shop: &Shop) {
    let lamp = shop.sell("lamp", 2_000, 10).await;
    let completed = place_and_wait(shop, &shop.order(&[(&lamp, 1)])).await;
    assert_eq!((completed.status, completed.text("status")), (201, "completed".to_owned()));
    let mut declined = shop.order(&[(&lamp, 1)]);
    declined["payment_method"] = json!("pm_card_chargeDeclined");
    let cancelled = place_and_wait(shop, &declined).await;
    assert_eq!((cancelled.status, cancelled.text("status")), (201, "cancelled".to_owned()));
    let path = format!("{}/status", cancelled.location.as_deref().expect("it has a location"));
    let waited = shop.send(shop.request(Method::GET, &path).header("prefer", "wait=8")).await;
    assert_eq!((waited.status, waited.text("status")), (200, "cancelled".to_owned()));
}

/// An event of an order: its name, id and data.
type Event = (String, String, Value);

/// The status of the answer, and the events of an order after `last` until the stream ends.
async fn events(shop: &Shop, order: &str, last: &str) -> (u16, Vec<Event>) {
    let request = shop.request(Method::GET, &format!("/api/orders/{order}/events"));
    let request = request.header("accept", "text/event-stream").header("last-event-id", last);
    let answer = request.timeout(ORDER_ENDS_WITHIN).send().await.expect("the gateway answers");
    let status = answer.status().as_u16();
    let text = answer.text().await.expect("the stream ends");
    let field = |event: &str, name: &str| {
        let value = event.lines().find_map(|line| line.strip_prefix(name));
        value.unwrap_or_default().to_owned()
    };
    let events = text.split("\n\n").filter(|event| event.starts_with("event: "));
    let events = events.map(|event| {
        let data = serde_json::from_str(&field(event, "data: ")).expect("its data is JSON");
        (field(event, "event: "), field(event, "id: "), data)
    });
    (status, events.collect())
}

async fn a_gateway_stops_cleanly_with_an_open_stream_and_half_a_request(own: &Shop) {
    let shop = own.through_a_gateway_with(&[]).await;
    let lamp = shop.sell("lamp", 2_000, 10).await;
    let payments = shop.cluster.function("process-payment");
    payments.pause();
    let id = shop.place(&shop.order(&[(&lamp, 1)])).await;
    let request = shop.request(Method::GET, &format!("/api/orders/{id}/events"));
    let mut stream = request.send().await.expect("the gateway answers");
    assert_eq!(stream.status(), 200);
    assert!(stream.chunk().await.expect("the stream is open").is_some());
    let mut half = TcpStream::connect(shop.gateway_address()).await.expect("it accepts");
    half.write_all(b"GET / HTTP/1.1\r\nHost:").await.expect("it listens");
    assert_eq!(shop.stop_gateway().await.code(), Some(0));
    while stream.chunk().await.expect("the stream is ended, not cut").is_some() {}
    payments.resume();
    assert_eq!(own.ended(&id).await.body["status"], "completed");
}

async fn the_events_of_an_order_are_streamed_to_its_end_from_any_position(shop: &Shop) {
    let lamp = shop.sell("lamp", 2_000, 10).await;
    let mut order = shop.order(&[(&lamp, 1)]);
    order["ship_to"]["country"] = json!("AQ");
    let id = shop.place(&order).await;
    let ((status, first), (_, second)) = join(events(shop, &id, ""), events(shop, &id, "1")).await;
    assert_eq!(status, 200);
    assert_eq!(first[2..], second, "a stream from an event contains the later ones");
    let (end, steps) = first.split_last().expect("there are events");
    assert_eq!((end.0.as_str(), &end.2["status"]), ("end", &json!("cancelled")));
    let data: Vec<_> = steps.iter().map(|(_, _, data)| data.clone()).collect();
    assert_eq!(json!(data), shop.status(&id).await.body["steps"]);
    let undone = steps.iter().filter(|(name, ..)| name == "undo");
    let undone: BTreeSet<_> = undone.filter_map(|(_, _, data)| data["step"].as_str()).collect();
    assert_eq!(undone, BTreeSet::from(["cancel-shipment", "refund-payment", "release-stock"]));
    for (place, (_, id, _)) in first.iter().enumerate() {
        assert_eq!(*id, place.to_string());
    }
    assert_eq!(events(shop, &id, &end.1).await, (204, vec![]));
}
