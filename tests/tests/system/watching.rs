//! Orders that are waited for.

use super::harness::trials;
use reqwest::Method;
use serde_json::{Value, json};
use tests::system::shop::{ApiResponse, Shop};

trials![who_prefers_to_wait_gets_the_order_as_it_ends];

async fn place_and_wait(shop: &Shop, order: &Value) -> ApiResponse {
    let request = shop.request(Method::POST, "/api/orders").header("prefer", "wait=8");
    let answer = shop.send(request.json(order)).await;
    let _noted = shop.accepted(&answer);
    answer
}

async fn who_prefers_to_wait_gets_the_order_as_it_ends(shop: &Shop) {
    let lamp = shop.sell("lamp", 2_000, 10).await;
    let completed = place_and_wait(shop, &shop.order(&[(&lamp, 1)])).await;
    assert_eq!((completed.status, completed.text("status")), (201, "completed".to_owned()));
    let mut declined = shop.order(&[(&lamp, 1)]);
    declined["payment_method"] = json!("pm_card_chargeDeclined");
    let cancelled = place_and_wait(shop, &declined).await;
    assert_eq!((cancelled.status, cancelled.text("status")), (201, "cancelled".to_owned()));
    let path = format!("{}/status", cancelled.location.as_deref().expect("it has a place"));
    let waited = shop.send(shop.request(Method::GET, &path).header("prefer", "wait=8")).await;
    assert_eq!((waited.status, waited.text("status")), (200, "cancelled".to_owned()));
}
