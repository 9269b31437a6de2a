//! Orders that cost nothing, less than the minimum payment, or an amount that the provider counts in other units.

use super::harness::trials;
use super::mails::mails;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use tests::system::shop::Shop;

trials![
    an_order_that_costs_nothing_completes_without_a_payment,
    an_order_below_the_minimum_payment_is_cancelled_with_that_reason,
    the_mail_states_the_charged_amount_in_every_currency,
];

/// Puts five pieces on sale at `amount` minor units of `currency`.
async fn sell(shop: &Shop, name: &str, amount: i64, currency: &str) -> String {
    let product = shop.id(name);
    let price = json!({"amount": amount, "currency": currency});
    let offer = json!({"name": name, "unit_price": price, "on_hand": 5});
    let request = shop.request(Method::PUT, &format!("/api/inventory/{product}")).json(&offer);
    assert_eq!(shop.send(request).await.status, 201);
    shop.supply(&product, 5);
    product
}

/// The payments that the provider recorded for `order`.
async fn payments_of(shop: &Shop, order: &str) -> Vec<Value> {
    let ledger = shop.ledger().await;
    let payments = ledger["payments"].as_array().expect("a ledger has payments").iter();
    payments.filter(|payment| payment["order_id"] == order).cloned().collect()
}

async fn an_order_that_costs_nothing_completes_without_a_payment(shop: &Shop) {
    let gift = sell(shop, "gift", 0, "EUR").await;
    let order = shop.place(&shop.order(&[(&gift, 2)])).await;
    let ended = shop.ended(&order).await;
    assert_eq!(
        (&ended.body["status"], &ended.body["total"]["amount"]),
        (&json!("completed"), &json!(0))
    );
    assert!(ended.body["payment_id"].is_null() && payments_of(shop, &order).await.is_empty());
    assert_eq!(shop.stock(&gift).await, (3, 0));
    mails(shop, &shop.email("ann"), 3, Duration::from_secs(20)).await;
}

async fn an_order_below_the_minimum_payment_is_cancelled_with_that_reason(shop: &Shop) {
    let pin = sell(shop, "pin", 20, "EUR").await;
    let order = shop.place(&shop.order(&[(&pin, 2)])).await;
    let ended = shop.ended(&order).await;
    assert_eq!(ended.body["status"], "cancelled");
    let reason = &ended.body["reason"];
    assert_eq!(
        (&reason["code"], &reason["least"]["amount"]),
        (&json!("total-too-small"), &json!(50))
    );
    assert!(ended.body["total"].is_null() && payments_of(shop, &order).await.is_empty());
    assert_eq!(shop.stock(&pin).await, (5, 0));
    let mails = mails(shop, &shop.email("ann"), 2, Duration::from_secs(20)).await;
    let explains = |mail: &&Value| {
        mail["html"].as_str().is_some_and(|html| html.contains("below the smallest payment"))
    };
    assert_eq!(mails.iter().filter(explains).count(), 1);
}

async fn the_mail_states_the_charged_amount_in_every_currency(shop: &Shop) {
    for (currency, amount, charged, stated) in
        [("UGX", 5_000, 1_000_000, "UGX 10000"), ("JPY", 500, 1_000, "JPY 1000")]
    {
        let name = format!("coin-{}", currency.to_lowercase());
        let coin = sell(shop, &name, amount, currency).await;
        let mut body = shop.order(&[(&coin, 2)]);
        let address = shop.email(&name);
        body["email"] = json!(address);
        let order = shop.place(&body).await;
        assert_eq!(shop.ended(&order).await.body["status"], "completed");
        let payments = payments_of(shop, &order).await;
        assert_eq!((payments.len(), &payments[0]["amount"]), (1, &json!(charged)), "{currency}");
        let mails = mails(shop, &address, 4, Duration::from_secs(20)).await;
        let receipt = mails.iter().find(|mail| {
            mail["subject"].as_str().is_some_and(|subject| subject.starts_with("Receipt"))
        });
        let html = receipt.and_then(|mail| mail["html"].as_str()).expect("there is a receipt");
        assert!(html.contains(stated), "{html}");
    }
}
