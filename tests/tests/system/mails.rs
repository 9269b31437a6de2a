//! Mails to customers, and the published events.

use super::harness::trials;
use futures::future::join_all;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use tests::system::shop::Shop;
use tests::system::wait::until;

trials![
    a_completed_order_sends_four_mails,
    the_mail_of_a_cancelled_order_states_the_reason_and_the_refund,
    markup_in_a_name_is_escaped_in_the_mail,
    the_events_of_an_order_are_published_in_order_under_its_ids,
    events_delivered_twice_are_mailed_once_to_their_customer,
];

/// The time within which a mail arrives without faults.
const ARRIVES_WITHIN: Duration = Duration::from_secs(20);

/// Waits until `count` mails have reached `address`.
pub(crate) async fn mails(shop: &Shop, address: &str, count: usize, limit: Duration) -> Vec<Value> {
    until(&format!("{count} mails have reached {address}"), limit, async || {
        let mails = shop.try_mails(address).await.ok()?;
        (mails.len() >= count).then_some(mails)
    })
    .await
}

/// The event that requests a receipt of `cents` by mail.
pub(crate) fn receipt(shop: &Shop, number: usize, to: &str, cents: i64) -> Value {
    let order = shop.id(&format!("order-{number}"));
    let amount = json!({"amount": cents, "currency": "EUR"});
    json!({
        "specversion": "1.0", "id": format!("{order}.payment.charged"), "source": "saga-shop",
        "type": "notification.requested", "subject": order, "time": "2026-11-24T22:00:00Z",
        "datacontenttype": "application/json", "dataschema": "notification.requested.v1",
        "data": {"order_id": order, "to": to, "name": "Ann", "notice": {"about": "receipt", "amount": amount}}
    })
}

fn subject(mail: &Value) -> String {
    let subject = mail["subject"].as_str().expect("a mail has a subject");
    subject.split(" (order ").next().expect("a split has a first part").to_owned()
}

fn html(mail: &Value) -> &str {
    mail["html"].as_str().expect("a mail has a text")
}

async fn a_completed_order_sends_four_mails(shop: &Shop) {
    let lamp = shop.sell("lamp", 1_999, 10).await;
    let order = shop.place(&shop.order(&[(&lamp, 2)])).await;
    let ended = shop.ended(&order).await;
    let address = shop.email("ann");
    let mails = mails(shop, &address, 4, ARRIVES_WITHIN).await;
    let by_subject: BTreeMap<_, _> = mails.iter().map(|mail| (subject(mail), mail)).collect();
    let subjects: Vec<_> = by_subject.keys().map(String::as_str).collect();
    let expected = [
        "Receipt",
        "We have received your order",
        "Your order is completed",
        "Your order is on its way",
    ];
    assert_eq!((mails.len(), subjects), (4, expected.to_vec()));
    for mail in &mails {
        assert_eq!((&mail["envelope"]["to"], &mail["to"]), (&json!([address]), &json!([address])));
        assert_eq!((&mail["cc"], &mail["bcc"]), (&json!([]), &json!([])));
        assert_eq!(mail["envelope"]["from"], "shop@example.com");
        assert!(html(mail).contains("Dear Ann Smith") && html(mail).contains(&order), "{mail}");
    }
    assert!(html(by_subject["Receipt"]).contains("EUR 39.98"));
    assert!(html(by_subject["Your order is completed"]).contains("EUR 39.98"));
    assert!(html(by_subject["Your order is on its way"]).contains(&ended.text("tracking_id")));
    assert!(html(by_subject["We have received your order"]).contains(&format!("2 × {lamp}")));
}

async fn the_mail_of_a_cancelled_order_states_the_reason_and_the_refund(shop: &Shop) {
    let lamp = shop.sell("lamp", 1_999, 10).await;
    let mut order = shop.order(&[(&lamp, 1)]);
    order["ship_to"]["country"] = json!("AQ");
    shop.place(&order).await;
    let refunded = mails(shop, &shop.email("ann"), 4, ARRIVES_WITHIN).await;
    let cancelled = refunded
        .iter()
        .find(|mail| subject(mail) == "Your order is cancelled")
        .expect("there is a cancellation mail");
    assert!(
        html(cancelled).contains("We do not ship to AQ.") && html(cancelled).contains("EUR 19.99")
    );
    assert!(
        refunded.iter().any(|mail| subject(mail) == "Refund" && html(mail).contains("EUR 19.99"))
    );

    let mut order = shop.order(&[(&lamp, 1)]);
    order["email"] = json!(shop.email("bob"));
    order["payment_method"] = json!("pm_card_chargeDeclined");
    shop.place(&order).await;
    let declined = mails(shop, &shop.email("bob"), 2, ARRIVES_WITHIN).await;
    let cancelled = declined
        .iter()
        .find(|mail| subject(mail) == "Your order is cancelled")
        .expect("there is a cancellation mail");
    assert!(
        html(cancelled).contains("Your payment was declined.")
            && html(cancelled).contains("not been charged")
    );
}

async fn markup_in_a_name_is_escaped_in_the_mail(shop: &Shop) {
    let lamp = shop.sell("lamp", 1_999, 10).await;
    let mut order = shop.order(&[(&lamp, 1)]);
    order["ship_to"]["name"] = json!("<img src=x onerror=alert(1)> & Bcc: eve@example.com");
    shop.place(&order).await;
    for mail in mails(shop, &shop.email("ann"), 4, ARRIVES_WITHIN).await {
        assert!(!html(&mail).contains("<img") && html(&mail).contains("alert(1)"), "{mail}");
        assert_eq!(mail["envelope"]["to"], json!([shop.email("ann")]));
    }
    assert!(shop.mails("eve@example.com").await.is_empty());
}

async fn the_events_of_an_order_are_published_in_order_under_its_ids(shop: &Shop) {
    let lamp = shop.sell("lamp", 1_999, 10).await;
    let order = shop.place(&shop.order(&[(&lamp, 1)])).await;
    shop.ended(&order).await;
    let of_order = |events: Vec<Value>| -> Vec<Value> {
        events.into_iter().filter(|event| event["subject"] == order.as_str()).collect()
    };
    let events = of_order(super::redis::stream(shop, "orders").await);
    let types: Vec<_> =
        events.iter().map(|event| event["type"].as_str().unwrap_or_default()).collect();
    let expected =
        ["order.created", "order.reserved", "order.paid", "order.shipped", "order.completed"];
    assert_eq!(types, expected);
    for event in &events {
        let kind = event["type"].as_str().unwrap_or_default();
        assert_eq!(event["id"], format!("{order}.{kind}"));
        assert_eq!((&event["specversion"], &event["source"]), (&json!("1.0"), &json!("saga-shop")));
        assert_eq!(event["dataschema"], format!("{kind}.v1"));
    }
    let payments = of_order(super::redis::stream(shop, "payments").await);
    assert_eq!((payments.len(), &payments[0]["type"]), (1, &json!("payment.charged")));
}

pub(crate) async fn events_delivered_twice_are_mailed_once_to_their_customer(shop: &Shop) {
    let customers: Vec<_> =
        (0..20).map(|customer| shop.email(&format!("customer-{customer}"))).collect();
    let cents = |number: usize| 100 + i64::try_from(number).expect("a small number");
    for chunk in (0..500).collect::<Vec<_>>().chunks(50) {
        let twice = chunk.iter().chain(chunk).map(|number| {
            let event = receipt(shop, *number, &customers[number % 20], cents(*number));
            async move { shop.publish("notifications", &event).await }
        });
        join_all(twice).await;
    }
    for (customer, address) in customers.iter().enumerate() {
        let mails = mails(shop, address, 25, Duration::from_mins(2)).await;
        let mut found: Vec<_> = mails
            .iter()
            .map(|mail| (mail["subject"].clone(), mail["envelope"]["to"].clone()))
            .collect();
        found.sort_by_key(|(subject, _)| subject.to_string());
        let mut expected: Vec<_> = (0..500)
            .filter(|number| number % 20 == customer)
            .map(|number| {
                let order = shop.id(&format!("order-{number}"));
                (json!(format!("Receipt (order {order})")), json!([address]))
            })
            .collect();
        expected.sort_by_key(|(subject, _)| subject.to_string());
        assert_eq!(found, expected);
        for mail in mails {
            let number = (0..500)
                .find(|number| subject_of(shop, *number) == mail["subject"])
                .expect("the mail is of this test");
            assert!(html(&mail).contains(&format!(
                "EUR {}.{:02}",
                cents(number) / 100,
                cents(number) % 100
            )));
        }
    }
}

fn subject_of(shop: &Shop, number: usize) -> String {
    format!("Receipt (order {})", shop.id(&format!("order-{number}")))
}
