//! Dead letters on Service Bus, for each of its responses.

use super::fake::{FakeBus, TOKEN};
use super::*;
use crate::dead_letters::{Broker, DeadLetters};
use azure_core::credentials::TokenRequestOptions;
use azure_core::time::OffsetDateTime;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Issues a token, and counts how often.
#[derive(Debug)]
struct Login(&'static str, AtomicUsize);

#[async_trait::async_trait]
impl TokenCredential for Login {
    async fn get_token(
        &self,
        scopes: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        assert_eq!(scopes, [SCOPE]);
        self.1.fetch_add(1, Ordering::Relaxed);
        Ok(AccessToken::new(self.0, OffsetDateTime::now_utc() + Duration::from_hours(1)))
    }
}

const MAIL: &str = "notifications-send-email-dead";
const ORDERS: &str = "orders-notify-order-dead";

/// The letters of send-email and notify-order.
fn letters(address: &str, token: &'static str, most: usize) -> (DeadLetters, Arc<Login>) {
    let login = Arc::new(Login(token, AtomicUsize::new(0)));
    let url = Url::parse(address).expect("it is a URL");
    let bus = Bus { most, ..Bus::at(url, Arc::clone(&login) as Arc<dyn TokenCredential>) };
    let subscription = |topic: &str, function: &str| Subscription {
        topic: topic.to_owned(),
        function: function.to_owned(),
    };
    let subscriptions =
        vec![subscription("notifications", "send-email"), subscription("orders", "notify-order")];
    (DeadLetters { broker: Broker::Bus(bus), subscriptions }, login)
}

fn ids(listing: &Listing) -> Vec<&str> {
    listing.letters.iter().map(|letter| letter.id.as_str()).collect()
}

#[tokio::test]
async fn letters_of_every_function_are_listed_with_their_reasons_and_released() {
    let (bus, address) = FakeBus::start(&[MAIL, ORDERS]).await;
    bus.add(MAIL, 7, r#"{"id":"a","deadletterreason":"it cannot be mailed: 550"}"#);
    bus.add(MAIL, 9, r#"{"id":"b"}"#);
    bus.add(ORDERS, 7, "not an event");
    let (letters, login) = letters(&address, TOKEN, 10);
    let listing = letters.list().await.expect("it lists");
    assert_eq!(ids(&listing), ["send-email/7", "send-email/9", "notify-order/7"]);
    assert_eq!(listing.letters[0].reason(), "it cannot be mailed: 550");
    assert_eq!(listing.letters[2].reason(), "it is not a CloudEvent");
    assert_eq!(bus.letters(), [(7, true), (9, true), (7, true)]);
    letters.release(&listing.letters).await;
    assert_eq!(bus.letters(), [(7, false), (9, false), (7, false)]);
    assert_eq!(login.1.load(Ordering::Relaxed), 1, "the Azure CLI is asked once");
}

#[tokio::test]
async fn a_resent_letter_loses_its_reason_and_is_deleted() {
    let (bus, address) = FakeBus::start(&[MAIL, ORDERS]).await;
    bus.add(MAIL, 7, r#"{"id":"a","deadletterreason":"it is invalid"}"#);
    let (letters, _) = letters(&address, TOKEN, 10);
    let listing = letters.list().await.expect("it lists");
    letters.resend(&listing.letters[0]).await.expect("it is sent again");
    let (topic, id) = ("notifications".to_owned(), format!("resent-{MAIL}-7"));
    assert_eq!(bus.sent(), [(topic, id, json!({"id": "a"}))]);
    assert_eq!(bus.letters(), []);
}

#[tokio::test]
async fn a_dropped_letter_is_deleted_and_never_sent() {
    let (bus, address) = FakeBus::start(&[MAIL, ORDERS]).await;
    bus.add(MAIL, 7, "{}");
    let (letters, _) = letters(&address, TOKEN, 10);
    let listing = letters.list().await.expect("it lists");
    letters.drop(&listing.letters[0]).await.expect("it is dropped");
    assert_eq!((bus.letters(), bus.sent()), (vec![], vec![]));
}

#[tokio::test]
async fn a_letter_whose_lock_is_lost_is_neither_sent_nor_dropped() {
    let (bus, address) = FakeBus::start(&[MAIL, ORDERS]).await;
    bus.add(MAIL, 7, "{}");
    let (letters, _) = letters(&address, TOKEN, 10);
    let listing = letters.list().await.expect("it lists");
    bus.expire_locks();
    let resent = letters.resend(&listing.letters[0]).await.expect_err("the lock is lost");
    assert!(resent.to_string().starts_with("resending the letter failed: the lock"), "{resent}");
    let dropped = letters.drop(&listing.letters[0]).await.expect_err("the lock is lost");
    assert!(dropped.to_string().ends_with("run the command again"), "{dropped}");
    assert_eq!((bus.letters(), bus.sent()), (vec![(7, false)], vec![]));
}

#[tokio::test]
async fn a_letter_that_could_not_be_deleted_is_not_sent_twice() {
    let (bus, address) = FakeBus::start(&[MAIL, ORDERS]).await;
    bus.add(MAIL, 7, r#"{"id":"a"}"#);
    let (letters, _) = letters(&address, TOKEN, 10);
    let listing = letters.list().await.expect("it lists");
    bus.fail(Method::DELETE, StatusCode::INTERNAL_SERVER_ERROR);
    for _ in 0..2 {
        let error = letters.resend(&listing.letters[0]).await.expect_err("it fails").to_string();
        assert!(error.contains("after it was resent failed"), "{error}");
        assert!(error.contains("Service Bus responds 500"), "{error}");
    }
    assert_eq!((bus.letters(), bus.sent().len()), (vec![(7, true)], 1));
}

#[tokio::test]
async fn an_insufficient_login_is_reported() {
    let (bus, address) = FakeBus::start(&[MAIL, ORDERS]).await;
    bus.add(MAIL, 7, "{}");
    let (letters, _) = letters(&address, "other-token", 10);
    let error = letters.list().await.expect_err("the login is insufficient").to_string();
    assert!(error.contains("`az login` as a member of the operators' group"), "{error}");
    assert!(error.contains("InvalidIssuer"), "{error}");
}

#[tokio::test]
async fn a_function_that_was_never_deployed_hides_no_letter_of_another() {
    let (bus, address) = FakeBus::start(&[ORDERS]).await;
    bus.add(ORDERS, 1, "{}");
    let (letters, _) = letters(&address, TOKEN, 10);
    let listing = letters.list().await.expect("it lists");
    assert_eq!(ids(&listing), ["notify-order/1"]);
    assert_eq!(listing.unknown, ["send-email"]);
}

#[tokio::test]
async fn a_message_that_service_bus_dead_lettered_is_resent_to_its_topic() {
    const ABANDONED: &str = "orders-notify-order-abandoned";
    let (bus, address) = FakeBus::start(&[ABANDONED, ORDERS]).await;
    bus.add(ABANDONED, 3, r#"{"id":"a"}"#);
    bus.add(ORDERS, 4, r#"{"id":"b"}"#);
    let (letters, _) = letters(&address, TOKEN, 10);
    let Broker::Bus(namespace) = letters.broker else { panic!("it is Service Bus") };
    let letters = DeadLetters { broker: Broker::Bus(namespace.abandoned()), ..letters };
    let listing = letters.list().await.expect("it lists");
    assert_eq!(ids(&listing), ["notify-order/3"]);
    letters.resend(&listing.letters[0]).await.expect("it is sent again");
    let id = format!("resent-{ABANDONED}-3");
    assert_eq!(bus.sent(), [("orders".to_owned(), id, json!({"id": "a"}))]);
    assert_eq!(bus.letters(), [(4, false)]);
}

#[tokio::test]
async fn another_namespace_is_recognized() {
    let (_, address) = FakeBus::start(&[]).await;
    let (letters, _) = letters(&address, TOKEN, 10);
    let error = letters.list().await.expect_err("nothing is there").to_string();
    assert!(error.ends_with("is it the shop's namespace?"), "{error}");
}

#[tokio::test]
async fn no_more_letters_are_locked_than_the_bound_allows() {
    let (bus, address) = FakeBus::start(&[MAIL, ORDERS]).await;
    (0..5).for_each(|number| bus.add(MAIL, number, "{}"));
    let (letters, _) = letters(&address, TOKEN, 3);
    let listing = letters.list().await.expect("it lists");
    assert_eq!(listing.letters.len(), 3);
    assert_eq!(listing.more, ["send-email"]);
    // Three, and one for the subscription that is empty.
    assert_eq!(bus.asked(&Method::POST), 4);
}

#[tokio::test]
async fn an_overloaded_service_bus_is_reported() {
    let (bus, address) = FakeBus::start(&[MAIL, ORDERS]).await;
    bus.fail(Method::POST, StatusCode::SERVICE_UNAVAILABLE);
    let (letters, _) = letters(&address, TOKEN, 10);
    let error = letters.list().await.expect_err("it is overloaded").to_string();
    assert!(error.contains("Service Bus responds 503 Service Unavailable"), "{error}");
    assert!(error.ends_with("run the command again in a minute"), "{error}");
}

#[test]
fn a_token_is_sent_only_to_namespaces_of_service_bus() {
    for name in ["shop", "shop.example.com", "saga-shop/x", "saga-shop@example.com", "saga shop"] {
        let error = Bus::new(name).err().expect("it is none").to_string();
        assert!(error.contains("is not the name of a Service Bus namespace"), "{error}");
    }
    for name in ["saga-shop-abc123", "saga-shop-abc123.servicebus.windows.net"] {
        let bus = Bus::new(name).expect("it is one");
        assert_eq!(bus.url.as_str(), "https://saga-shop-abc123.servicebus.windows.net/");
    }
}
