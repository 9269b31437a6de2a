//! Orders that are cancelled on request, until they are shipped.

use super::harness::trials;
use super::mails::mails;
use futures::future::join_all;
use serde_json::json;
use std::time::Duration;
use tests::system::shop::{ApiResponse, Shop};
use tests::system::wait::until;

trials![
    an_order_that_waits_for_payment_is_cancelled_with_requester_and_reason,
    orders_cancelled_at_any_step_end_as_the_answer_says,
];

/// The statuses of an order that completes, in sequence.
const STATUSES: [&str; 5] = ["pending", "reserved", "paid", "shipped", "completed"];

async fn cancel(shop: &Shop, order: &str) -> ApiResponse {
    let request = json!({"reason": "ordered twice"});
    shop.post(&format!("/api/orders/{order}/cancel"), &request).await
}

async fn an_order_that_waits_for_payment_is_cancelled_with_requester_and_reason(shop: &Shop) {
    let lamp = shop.sell("lamp", 2_000, 5).await;
    let payments = shop.cluster.function("process-payment");
    payments.pause();
    let order = shop.place(&shop.order(&[(&lamp, 1)])).await;
    until("its stock is reserved", Duration::from_secs(20), async || {
        (shop.status(&order).await.body["status"] == "reserved").then_some(())
    })
    .await;
    let first = cancel(shop, &order).await;
    assert_eq!((first.status, first.text("status")), (202, "reserved".to_owned()));
    assert_eq!(first.body["cancellation"]["reason"], "ordered twice");
    assert_eq!(cancel(shop, &order).await.body["cancellation"], first.body["cancellation"]);
    let ended = shop.ended(&order).await.body;
    assert_eq!(
        (&ended["status"], &ended["reason"]["code"]),
        (&json!("cancelled"), &json!("cancel-requested"))
    );
    assert_eq!(ended["reason"]["by"], first.body["cancellation"]["by"]);
    payments.resume();
    let late = cancel(shop, &order).await;
    assert_eq!((late.status, &late.body["cancellation"]), (200, &first.body["cancellation"]));
    assert_eq!(shop.stock(&lamp).await, (5, 0));
    let received = mails(shop, &shop.email("ann"), 2, Duration::from_secs(20)).await;
    let mentions_request = |mail: &serde_json::Value| {
        mail["html"].as_str().is_some_and(|html| html.contains("cancel it"))
    };
    assert!(received.iter().any(mentions_request), "{received:?}");
}

async fn orders_cancelled_at_any_step_end_as_the_answer_says(shop: &Shop) {
    let lamp = shop.sell("lamp", 2_000, 100).await;
    let body = shop.order(&[(&lamp, 1)]);
    let ended = join_all((0..40).map(async |number| {
        let order = shop.place(&body).await;
        let step = STATUSES[number % STATUSES.len()];
        until(&format!("the order is {step} or further"), Duration::from_secs(40), async || {
            let status = shop.status(&order).await.text("status");
            STATUSES.iter().skip_while(|it| **it != step).any(|it| *it == status).then_some(())
        })
        .await;
        let answers = [cancel(shop, &order).await, cancel(shop, &order).await];
        (answers, shop.ended(&order).await.text("status"))
    }))
    .await;
    for (answers, status) in &ended {
        for answer in answers {
            let expected: &[u16] = if status == "completed" { &[409] } else { &[202, 200] };
            assert!(expected.contains(&answer.status), "{status}: {answer:?}");
        }
    }
    let cancelled = ended.iter().filter(|(_, status)| status == "cancelled").count();
    assert!((1..40).contains(&cancelled), "{cancelled} of 40 were cancelled");
    let (on_hand, reserved) = shop.stock(&lamp).await;
    assert_eq!((on_hand, reserved), (60 + i64::try_from(cancelled).expect("40 are few"), 0));
}
