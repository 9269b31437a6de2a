//! Dead letters: what functions gave up on, and what staff do with it.

use super::deliveries::{ARRIVES_WITHIN, mail_faults};
use super::harness::trials;
use super::mails::{mails, receipt};
use super::redis::add;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use tests::system::shop::Shop;
use tests::system::wait::until;

trials![
    poison_messages_are_dead_lettered_with_their_reason_and_delay_nothing,
    a_dead_letter_that_is_resent_after_the_fix_is_mailed_once,
    a_message_that_is_not_an_event_becomes_a_dead_letter_that_is_dropped_for_good,
    who_handles_a_dead_letter_and_why_stands_in_it_and_in_the_order_that_it_is_about,
    a_message_whose_retries_are_exhausted_is_a_dead_letter_of_its_function,
    a_dead_letter_is_recorded_once_the_function_that_records_it_runs_again,
    dead_letters_are_for_staff_alone,
];

/// Every open dead letter, read page by page.
pub(crate) async fn dead_letters(shop: &Shop) -> Vec<Value> {
    let (mut letters, mut after) = (Vec::new(), String::new());
    loop {
        let page = shop.get(&format!("/api/dead-letters?limit=10{after}")).await;
        assert_eq!(page.status, 200, "{page:?}");
        letters.extend(page.body["dead_letters"].as_array().expect("it lists letters").clone());
        match page.body["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return letters,
        }
    }
}

fn path(letter: &Value) -> String {
    format!("/api/dead-letters/{}", letter["letter_id"].as_str().expect("a letter has an id"))
}

/// Waits until an event is listed as a dead letter.
pub(crate) async fn dead_letter(shop: &Shop, event: &Value) -> Value {
    until("the message is dead-lettered", Duration::from_secs(10), async || {
        dead_letters(shop).await.into_iter().find(|letter| letter["event_id"] == event["id"])
    })
    .await
}

/// Waits until a message that is not an event is listed as a dead letter of `function`.
async fn dead_letter_of(shop: &Shop, function: &str, message: &Value) -> Value {
    until("the message is dead-lettered", Duration::from_secs(10), async || {
        for letter in dead_letters(shop).await {
            if letter["function"] == function
                && shop.get(&path(&letter)).await.body["message"] == *message
            {
                return Some(letter);
            }
        }
        None
    })
    .await
}

async fn poison_messages_are_dead_lettered_with_their_reason_and_delay_nothing(shop: &Shop) {
    let address = shop.email("ann");
    let good = receipt(shop, 0, &address, 100);
    let changed = |id: &str, change: fn(&mut Value)| {
        let mut event = good.clone();
        event["id"] = json!(shop.id(id));
        change(&mut event);
        event
    };
    for (event, reason) in [
        (
            changed("type", |event| event["type"] = json!("notification.shouted")),
            "its type notification.shouted is unknown here",
        ),
        (
            changed("version", |event| event["dataschema"] = json!("notification.requested.v9")),
            "its data has schema notification.requested.v9",
        ),
        (
            changed("field", |event| {
                event["data"].as_object_mut().expect("data is an object").remove("to");
            }),
            "missing field `to`",
        ),
        (
            changed("data", |event| {
                event["datacontenttype"] = json!("text/plain");
                event["data"] = json!("{nonsense");
            }),
            "its data does not match its schema",
        ),
    ] {
        shop.publish("notifications", &event).await;
        let letter = dead_letter(shop, &event).await;
        let why = letter["reason"].as_str().expect("a letter has a reason");
        assert!(why.contains(reason), "{why} instead of {reason}");
        assert_eq!(letter["topic"], "notifications");
        assert_eq!(
            (&letter["function"], &letter["status"]),
            (&json!("send-email"), &json!("open"))
        );
    }
    shop.publish("notifications", &good).await;
    assert_eq!(mails(shop, &address, 1, Duration::from_secs(10)).await.len(), 1);
}

async fn a_dead_letter_that_is_resent_after_the_fix_is_mailed_once(shop: &Shop) {
    let address = shop.email("ann");
    let event = receipt(shop, 0, &address, 100);
    mail_faults(shop, Some(&json!({"fault": "reject", "next": 1}))).await;
    shop.publish("notifications", &event).await;
    let letter = dead_letter(shop, &event).await;
    let reason = letter["reason"].as_str().expect("a letter has a reason");
    assert!(reason.starts_with("it cannot be mailed: 550"), "{reason}");

    let path = path(&letter);
    assert_eq!(shop.get(&path).await.body["message"]["data"], event["data"]);
    mail_faults(shop, None).await;
    for _ in 0..2 {
        let resent = shop.post(&format!("{path}/resend"), &json!({})).await;
        assert_eq!((resent.status, &resent.body["status"]), (200, &json!("resent")));
    }
    assert_eq!(mails(shop, &address, 1, Duration::from_secs(30)).await.len(), 1);
    assert!(dead_letters(shop).await.iter().all(|letter| letter["event_id"] != event["id"]));
    let dropped = shop.post(&format!("{path}/drop"), &json!({})).await;
    assert_eq!((dropped.status, dropped.problem()), (409, Some("dead-letter-resent")));
}

async fn a_message_that_is_not_an_event_becomes_a_dead_letter_that_is_dropped_for_good(
    shop: &Shop,
) {
    let [nonsense, later] = ["nonsense", "later"].map(|name| json!([shop.id(name)]));
    add(shop, "notifications", &nonsense).await;
    let letter = dead_letter_of(shop, "send-email", &nonsense).await;
    assert_eq!(letter["reason"], "it is not a CloudEvent");
    let path = path(&letter);
    let resent = shop.post(&format!("{path}/resend"), &json!({})).await;
    assert_eq!((resent.status, resent.problem()), (409, Some("not-an-event")));
    for _ in 0..2 {
        // Without a body, as without a reason.
        let drop = shop.request(Method::POST, &format!("{path}/drop"));
        let dropped = shop.send(drop).await;
        assert_eq!((dropped.status, &dropped.body["status"]), (200, &json!("dropped")));
    }
    add(shop, "notifications", &nonsense).await;
    add(shop, "notifications", &later).await;
    let other = dead_letter_of(shop, "send-email", &later).await;
    let listed = dead_letters(shop).await;
    assert!(listed.iter().all(|it| it["letter_id"] != letter["letter_id"]), "{listed:?}");
    shop.post(&format!("{}/drop", self::path(&other)), &json!({})).await;
}

async fn who_handles_a_dead_letter_and_why_stands_in_it_and_in_the_order_that_it_is_about(
    shop: &Shop,
) {
    let lamp = shop.sell("lamp", 1_999, 10).await;
    let order = shop.place(&shop.order(&[(&lamp, 1)])).await;
    let mut event = receipt(shop, 0, &shop.email("ann"), 100);
    (event["subject"], event["type"]) = (json!(order), json!("notification.shouted"));
    shop.publish("notifications", &event).await;
    let path = path(&dead_letter(shop, &event).await);
    let ask = json!({"reason": "it is obsolete"});
    for _ in 0..2 {
        assert_eq!(shop.post(&format!("{path}/drop"), &ask).await.status, 200);
    }
    let letter = shop.get(&path).await.body;
    let handling = &letter["handlings"][0];
    assert_eq!(letter["handlings"].as_array().map(Vec::len), Some(1));
    assert_eq!((&handling["action"], &handling["reason"]), (&json!("drop"), &ask["reason"]));
    assert!(handling["by"].is_string(), "{letter}");
    let mut noted = handling.clone();
    noted["letter_id"] = letter["letter_id"].clone();
    (noted["event_type"], noted["function"]) = (event["type"].clone(), json!("send-email"));
    let shown = shop.get(&format!("/api/orders/{order}")).await.body;
    assert_eq!(shown["handled_letters"], json!([noted]));
    shop.ended(&order).await;
    let shown = shop.get(&format!("/api/orders/{order}")).await.body;
    assert_eq!(shown["handled_letters"], json!([noted]), "the saga keeps what staff note");
}

/// As the sidecar publishes one whose retries are exhausted, after ten minutes.
async fn a_message_whose_retries_are_exhausted_is_a_dead_letter_of_its_function(shop: &Shop) {
    let event = receipt(shop, 0, &shop.email("ann"), 100);
    add(shop, "orders-index-orders-dead", &event).await;
    let letter = dead_letter(shop, &event).await;
    assert_eq!(letter["reason"], "its retries are exhausted");
    assert_eq!((&letter["topic"], &letter["function"]), (&json!("orders"), &json!("index-orders")));
    shop.post(&format!("{}/drop", path(&letter)), &json!({})).await;
}

async fn a_dead_letter_is_recorded_once_the_function_that_records_it_runs_again(shop: &Shop) {
    let recorder = shop.cluster.function("record-dead-letter");
    recorder.kill().await;
    let event = receipt(shop, 0, &shop.email("ann"), 100);
    add(shop, "notifications-send-email-dead", &event).await;
    recorder.start().await.expect("the function starts again");
    shop.cluster.wait_ready().await.expect("the shop is ready again");
    let letter = until("the letter is recorded", ARRIVES_WITHIN, async || {
        dead_letters(shop).await.into_iter().find(|letter| letter["event_id"] == event["id"])
    })
    .await;
    shop.post(&format!("{}/drop", path(&letter)), &json!({})).await;
}

async fn dead_letters_are_for_staff_alone(shop: &Shop) {
    let ann = shop.as_customer("ann").await;
    for (method, path) in [
        (Method::GET, "/api/dead-letters"),
        (Method::GET, "/api/dead-letters/a"),
        (Method::POST, "/api/dead-letters/a/resend"),
        (Method::POST, "/api/dead-letters/a/drop"),
    ] {
        let answer = ann.send(ann.request(method, path)).await;
        assert_eq!((answer.status, answer.problem()), (403, Some("missing-scope")), "{path}");
    }
    let unknown = shop.get("/api/dead-letters/a").await;
    assert_eq!((unknown.status, unknown.problem()), (404, Some("unknown-dead-letter")));
}
