//! Delivery of events and mails under faults.

use super::dead_letters::{dead_letter, dead_letters};
use super::harness::trials;
use super::mails::{mails, receipt};
use super::redis::{acknowledge, add, stream};
use futures::future::join_all;
use local::manifest::{Subscription, all_subscriptions};
use local::streams::Streams;
use serde_json::{Value, json};
use std::time::Duration;
use tests::system::shop::Shop;
use tests::system::wait::until;
use tokio::time::Instant;

trials![
    orders_do_not_wait_for_mail,
    every_mail_arrives_once_after_the_mail_server_was_down,
    no_mail_is_lost_when_send_email_is_killed,
    no_mail_is_lost_when_the_broker_is_killed,
    no_mail_is_lost_when_the_sidecar_of_notify_order_is_killed,
    a_hundred_undeliverable_mails_delay_no_other,
    a_deferred_mail_arrives_exactly_once,
    a_function_publishes_to_no_topic_but_those_of_its_manifest,
    operators_see_how_many_messages_wait_for_a_function,
    a_message_is_deleted_once_every_subscriber_has_acknowledged_it,
];

/// The time within which everything arrives once every fault has ended: Redis redelivers the messages of a
/// dead sidecar after half a minute.
pub(crate) const ARRIVES_WITHIN: Duration = Duration::from_mins(3);

pub(crate) async fn mail_faults(shop: &Shop, plan: Option<&Value>) {
    let url = format!("{}/control/faults", shop.cluster.mail_url());
    let request = match plan {
        Some(plan) => shop.http.put(url).json(plan),
        None => shop.http.delete(url),
    };
    let answer = request.send().await.expect("the mail sink answers");
    assert!(answer.status().is_success(), "{:?}", answer.text().await);
}

/// Requests `count` receipts for one address, and returns the address.
async fn burst(shop: &Shop, count: usize) -> String {
    let address = shop.email("burst");
    for chunk in (0..count).collect::<Vec<_>>().chunks(50) {
        let publish = chunk.iter().map(|number| {
            let event = receipt(shop, *number, &address, 100);
            async move { shop.publish("notifications", &event).await }
        });
        join_all(publish).await;
    }
    address
}

/// The number of distinct mails.
fn distinct(mails: &[Value]) -> usize {
    let mut subjects: Vec<_> = mails.iter().map(|mail| mail["subject"].to_string()).collect();
    subjects.sort();
    subjects.dedup();
    subjects.len()
}

/// Waits until `count` distinct mails have arrived, at most `duplicates` of them twice.
pub(crate) async fn all_arrive(shop: &Shop, address: &str, count: usize, duplicates: usize) {
    let arrived =
        until(&format!("{count} distinct mails have arrived"), ARRIVES_WITHIN, async || {
            let mails = shop.try_mails(address).await.ok()?;
            (distinct(&mails) >= count).then_some(mails)
        })
        .await;
    assert!(arrived.len() <= count + duplicates, "{} mails instead of {count}", arrived.len());
}

async fn orders_do_not_wait_for_mail(shop: &Shop) {
    let lamp = shop.sell("lamp", 1_999, 100).await;
    mail_faults(shop, Some(&json!({"fault": "stall", "next": 1000, "stall_ms": 120_000}))).await;
    let body = shop.order(&[(&lamp, 1)]);
    let orders = join_all((0..30).map(|_| shop.place(&body))).await;
    for order in &orders {
        assert_eq!(shop.ended(order).await.body["status"], "completed");
    }
    assert!(shop.mails(&shop.email("ann")).await.is_empty(), "the mail server stalls");
    // Disconnects callers that wait for a stalled answer, so that later tests find an idle function.
    mail_faults(shop, None).await;
    shop.cluster.mail_sink().kill().await;
    shop.cluster.mail_sink().start().await.expect("the mail sink starts again");
    shop.cluster.wait_ready().await.expect("the shop is ready again");
    all_arrive(shop, &shop.email("ann"), 120, 1).await;
}

async fn every_mail_arrives_once_after_the_mail_server_was_down(shop: &Shop) {
    let lamp = shop.sell("lamp", 1_999, 100).await;
    shop.cluster.mail_sink().kill().await;
    let down = Instant::now();
    let body = shop.order(&[(&lamp, 1)]);
    let orders = join_all((0..50).map(|_| shop.place(&body))).await;
    join_all(orders.iter().map(|order| shop.ended(order))).await;
    until("the mail server was down for 30 s", Duration::from_secs(40), async || {
        (down.elapsed() >= Duration::from_secs(30)).then_some(())
    })
    .await;
    shop.cluster.mail_sink().start().await.expect("the mail sink starts again");
    all_arrive(shop, &shop.email("ann"), 200, 0).await;
}

async fn no_mail_is_lost_when_send_email_is_killed(shop: &Shop) {
    let address = burst(shop, 200).await;
    mails(shop, &address, 20, ARRIVES_WITHIN).await;
    let send_email = shop.cluster.function("send-email");
    send_email.kill().await;
    assert!(shop.mails(&address).await.len() < 200, "it was killed after the last mail");
    send_email.start().await.expect("the function starts again");
    // The mail in flight may have been sent without being recorded.
    all_arrive(shop, &address, 200, 1).await;
}

async fn no_mail_is_lost_when_the_broker_is_killed(shop: &Shop) {
    let address = burst(shop, 200).await;
    mails(shop, &address, 20, ARRIVES_WITHIN).await;
    shop.cluster.redis().kill().await;
    assert!(shop.mails(&address).await.len() < 200, "it was killed after the last mail");
    shop.cluster.redis().start().await.expect("Redis starts again");
    shop.cluster.wait_ready().await.expect("the shop is ready again");
    // The inbox is in the same Redis: the mail in flight may have been sent without being recorded.
    all_arrive(shop, &address, 200, 1).await;
}

async fn no_mail_is_lost_when_the_sidecar_of_notify_order_is_killed(shop: &Shop) {
    let lamp = shop.sell("lamp", 1_999, 100).await;
    let body = shop.order(&[(&lamp, 1)]);
    let orders = join_all((0..30).map(|_| shop.place(&body))).await;
    let sidecar = shop.cluster.sidecar("notify-order");
    sidecar.kill().await;
    sidecar.start().await.expect("the sidecar starts again");
    join_all(orders.iter().map(|order| shop.ended(order))).await;
    all_arrive(shop, &shop.email("ann"), 120, 0).await;
}

async fn streams(shop: &Shop) -> Streams {
    Streams::open(shop.cluster.redis_port()).await.expect("Redis answers")
}

/// The number of messages that wait for send-email.
async fn waiting(shop: &Shop) -> usize {
    let of_send_email = |(function, _): &(String, usize)| function == "send-email";
    let subscriptions = all_subscriptions(shop.cluster.functions());
    let backlogs = streams(shop).await.backlogs(&subscriptions).await.expect("Redis answers");
    backlogs.into_iter().find(of_send_email).map_or(0, |(_, count)| count)
}

async fn operators_see_how_many_messages_wait_for_a_function(shop: &Shop) {
    let sidecar = shop.cluster.sidecar("send-email");
    sidecar.kill().await;
    // Messages of earlier tests may be left.
    let before = waiting(shop).await;
    let address = burst(shop, 7).await;
    until("seven more messages wait", Duration::from_secs(10), async || {
        (waiting(shop).await == before + 7).then_some(())
    })
    .await;
    sidecar.start().await.expect("the sidecar starts again");
    shop.cluster.wait_ready().await.expect("the shop is ready again");
    all_arrive(shop, &address, 7, 0).await;
    until("none waits", ARRIVES_WITHIN, async || (waiting(shop).await == 0).then_some(())).await;
}

async fn a_hundred_undeliverable_mails_delay_no_other(shop: &Shop) {
    let deferred = (0..100).map(|number| receipt(shop, number, "ann@deferred.test", 100));
    let rejected = (100..105).map(|number| receipt(shop, number, "ann@rejected.test", 100));
    let bad: Vec<_> = deferred.chain(rejected).collect();
    join_all(bad.iter().map(|event| shop.publish("notifications", event))).await;
    let address = shop.email("ann");
    for number in 200..203 {
        shop.publish("notifications", &receipt(shop, number, &address, 100)).await;
        let count = number - 199;
        mails(shop, &address, count, Duration::from_secs(10)).await;
    }
    for event in &bad[100..] {
        let letter = dead_letter(shop, event).await;
        let reason = letter["reason"].as_str().expect("a letter has a reason");
        assert!(reason.starts_with("it cannot be mailed: 550"), "{reason}");
    }
    let id = |event: &Value| event["id"].clone();
    let waiting: Vec<_> = bad[..100].iter().map(id).collect();
    assert!(dead_letters(shop).await.iter().all(|letter| !waiting.contains(&letter["event_id"])));
}

async fn a_deferred_mail_arrives_exactly_once(shop: &Shop) {
    let address = shop.email("ann");
    mail_faults(shop, Some(&json!({"fault": "refuse", "next": 2}))).await;
    shop.publish("notifications", &receipt(shop, 0, &address, 100)).await;
    assert_eq!(mails(shop, &address, 1, Duration::from_secs(40)).await.len(), 1);
}

async fn a_function_publishes_to_no_topic_but_those_of_its_manifest(shop: &Shop) {
    let event = receipt(shop, 0, &shop.email("ann"), 100);
    let answer = shop.try_publish("notify-order", "payments", &event).await;
    assert_eq!(answer.status(), 403, "{:?}", answer.text().await);
}

async fn a_message_is_deleted_once_every_subscriber_has_acknowledged_it(shop: &Shop) {
    let topic = shop.id("trimmed");
    let subscriber = |name: &str| Subscription { topic: topic.clone(), function: name.to_owned() };
    let subscribers = ["quick", "slow"].map(subscriber);
    let streams = streams(shop).await;
    for number in 1..=3 {
        add(shop, &topic, &json!(number)).await;
    }
    for (subscriber, count, left) in
        [("quick", 3, 3), ("slow", 1, 3), ("slow", 1, 2), ("slow", 1, 1)]
    {
        acknowledge(shop, &topic, subscriber, count).await;
        streams.trim(&subscribers).await.expect("Redis answers");
        assert_eq!(stream(shop, &topic).await.len(), left, "{subscriber}");
    }
}
