//! Mailing against fakes of the ports.

use super::page::tests::request;
use super::*;
use crate::domain::event::Notice;
use crate::ports::{Mail, Saved, Version, Versioned, document};
use crate::testing::fakes::{FakeClock, FakeDocuments, FakeLater, FakeMailer};
use crate::testing::orders::{at, euro};
use serde_json::json;
use std::future::pending;
use tokio::task::yield_now;

type Inbox = FakeDocuments<String, Entry>;
type Room = NotificationMailer<Inbox, FakeMailer, FakeLater, FakeClock>;

fn mailer_of(inbox: &Inbox, mailer: &FakeMailer, second: i64) -> Room {
    let later = FakeLater::default();
    NotificationMailer::new(inbox.clone(), mailer.clone(), later, FakeClock(at(second)))
}

fn receipt(id: &str) -> CloudEvent {
    CloudEvent::named(
        id.to_owned(),
        &request("Ann", Notice::Receipt { amount: euro(1_999) }),
        at(0),
    )
}

#[tokio::test]
async fn a_notification_is_mailed_once_however_often_it_is_delivered() {
    let (inbox, mailer) = (Inbox::default(), FakeMailer::default());
    let (one, other) = (mailer_of(&inbox, &mailer, 0), mailer_of(&inbox, &mailer, 0));
    let deliveries = [&one, &other, &one, &other].map(|room| room.deliver(receipt("1")));
    for handled in futures::future::join_all(deliveries).await {
        assert_eq!(handled.unwrap(), Ok(()));
    }
    assert_eq!(one.deliver(receipt("1")).await.unwrap(), Ok(()));
    one.deliver(receipt("2")).await.unwrap().unwrap();
    assert_eq!(mailer.sent().len(), 2);
    assert!(mailer.sent()[0].html.contains("EUR 19.99"));
}

#[tokio::test]
async fn a_mail_claimed_elsewhere_is_delivered_again_when_its_claim_ends() {
    let (inbox, mailer) = (Inbox::default(), FakeMailer::default());
    let mut claimed = Entry::default();
    claimed.claim(Uuid::from_u128(1), at(0));
    inbox.save(&"1".to_owned(), &claimed, None).await.unwrap();
    let early = mailer_of(&inbox, &mailer, 10);
    assert_eq!(early.deliver(receipt("1")).await.unwrap(), Ok(()));
    assert_eq!(early.later.waits(), [Duration::from_secs(20)]);
    assert!(mailer.sent().is_empty());
    let waiting = mailer_of(&inbox, &mailer, 30);
    waiting.deliver(receipt("1")).await.unwrap().unwrap();
    assert_eq!((mailer.sent().len(), waiting.later.waits()), (1, vec![]));
}

#[tokio::test]
async fn a_failed_mail_is_delivered_again_with_growing_delays() {
    let (inbox, mailer) = (Inbox::default(), FakeMailer::default());
    let room = mailer_of(&inbox, &mailer, 0);
    for _ in 0..10 {
        mailer.fail_next();
        assert_eq!(room.deliver(receipt("1")).await.unwrap(), Ok(()));
    }
    let seconds = room.later.waits().into_iter().map(|wait| wait.as_secs());
    assert_eq!(seconds.collect::<Vec<_>>(), [5, 10, 20, 40, 80, 160, 320, 640, 900, 900]);
    room.deliver(receipt("1")).await.unwrap().unwrap();
    assert_eq!(mailer.sent().len(), 1);
}

#[tokio::test]
async fn a_mail_that_is_rejected_or_fails_for_a_day_is_a_dead_letter_and_can_be_requested_again() {
    let (inbox, mailer) = (Inbox::default(), FakeMailer::default());
    mailer.reject_next("550 no such mailbox");
    let rejected = mailer_of(&inbox, &mailer, 0).deliver(receipt("1")).await.unwrap();
    assert_eq!(rejected, Err(Poison::Undeliverable("550 no such mailbox".to_owned())));
    for second in [0, Entry::TRIED_FOR.as_secs()] {
        mailer.fail_next();
        let handled = mailer_of(&inbox, &mailer, second).deliver(receipt("1")).await.unwrap();
        let given_up =
            matches!(handled, Err(Poison::Undeliverable(reason)) if reason.contains("set to fail"));
        assert_eq!(given_up, second > 0);
    }
    mailer_of(&inbox, &mailer, 0).deliver(receipt("1")).await.unwrap().unwrap();
    assert_eq!(mailer.sent().len(), 1);
}

#[tokio::test]
async fn a_stored_address_that_cannot_be_mailed_is_a_dead_letter_at_once() {
    let (inbox, mailer) = (Inbox::default(), FakeMailer::default());
    let room = mailer_of(&inbox, &mailer, 0);
    let to = |address: &str| {
        let mut event = json!(receipt("1"));
        event["data"]["to"] = json!(address);
        serde_json::from_value::<CloudEvent>(event).unwrap()
    };
    for address in ["ann@example.com;bob@example.com", "j\u{f6}rg@example.com", "ann", ""] {
        let handled = room.deliver(to(address)).await.unwrap();
        assert!(matches!(handled, Err(Poison::Undeliverable(_))), "{address}: {handled:?}");
    }
    let handled = room.deliver(to("ann@example.com\r\nBcc: bob@example.com")).await.unwrap();
    assert!(matches!(handled, Err(Poison::BadData(_))), "{handled:?}");
    assert!(mailer.sent().is_empty() && room.later.waits().is_empty());
    // What the current rules reject, but a mail server may accept.
    room.deliver(to("ann..b@exa_mple.com")).await.unwrap().unwrap();
    assert_eq!(mailer.sent()[0].to.as_str(), "ann..b@exa_mple.com");
}

#[tokio::test(start_paused = true)]
async fn a_slow_mail_is_not_sent_by_another_process() {
    let (inbox, mailer) = (Inbox::default(), FakeMailer::default());
    mailer.stall_next(Duration::from_mins(1));
    let slow = mailer_of(&inbox, &mailer, 0);
    let sending = tokio::spawn({
        let slow = slow.clone();
        async move { slow.deliver(receipt("1")).await }
    });
    let _ = timeout(Duration::from_secs(25), pending::<()>()).await;
    // The clock of the fakes is stopped, so an extended claim is written unchanged.
    let other = mailer_of(&inbox, &mailer, 29);
    other.deliver(receipt("1")).await.unwrap().unwrap();
    assert_eq!(other.later.waits(), [Duration::from_secs(1)]);
    // Nor does this process start it again, whatever happened to its claim meanwhile.
    slow.deliver(receipt("1")).await.unwrap().unwrap();
    assert_eq!(slow.later.waits(), [Duration::from_secs(30)]);
    // One that waits too long for its turn is retried later.
    slow.deliver(receipt("2")).await.unwrap().unwrap();
    assert_eq!(slow.later.waits().last(), Some(&FIRST_WAIT));
    sending.await.unwrap().unwrap().unwrap();
    assert_eq!(mailer.sent().len(), 1);
}

#[tokio::test]
async fn an_abandoned_request_interrupts_no_mail_and_the_process_waits_for_it() {
    let (inbox, mailer) = (Inbox::default(), FakeMailer::default());
    mailer.stall_next(Duration::from_millis(50));
    let room = mailer_of(&inbox, &mailer, 0);
    let cut_off = timeout(Duration::from_millis(5), room.deliver(receipt("1"))).await;
    assert!(cut_off.is_err() && mailer.sent().is_empty());
    room.tasks().close();
    room.tasks().wait().await;
    assert_eq!(mailer.sent().len(), 1);
}

/// A slow inbox, and a mailer that reads it before it sends.
#[derive(Debug, Clone, Default)]
struct Slow {
    inbox: Inbox,
    mailer: FakeMailer,
}

impl Documents<String, Entry> for Slow {
    async fn load(&self, key: &String) -> Result<Option<Versioned<Entry>>> {
        yield_now().await;
        self.inbox.load(key).await
    }

    async fn save(&self, key: &String, entry: &Entry, at: Option<&Version>) -> Result<Saved> {
        yield_now().await;
        self.inbox.save(key, entry, at).await
    }
}

impl Mailer for Slow {
    async fn send(&self, mail: &Mail) -> Result<Delivered> {
        let mut remembered = 0;
        for number in 0..10 {
            let entry = document(&self.inbox, &number.to_string()).await?;
            remembered += usize::from(entry.is_some_and(|entry| entry.is_mailed()));
        }
        assert_eq!(remembered, self.mailer.sent().len(), "all that were sent are recorded");
        self.mailer.send(mail).await
    }
}

#[tokio::test]
async fn a_mail_is_recorded_before_the_next_one_is_sent() {
    let slow = Slow::default();
    let later = FakeLater::default();
    let room = NotificationMailer::new(slow.clone(), slow.clone(), later, FakeClock(at(0)));
    let deliveries = (0..10).map(|number| room.deliver(receipt(&number.to_string())));
    for delivered in futures::future::join_all(deliveries).await {
        assert_eq!(delivered.unwrap(), Ok(()));
    }
    assert_eq!(slow.mailer.sent().len(), 10);
}

#[tokio::test]
async fn an_event_that_is_not_a_notification_is_poison() {
    let (inbox, mailer) = (Inbox::default(), FakeMailer::default());
    let room = mailer_of(&inbox, &mailer, 0);
    let mut event = receipt("1");
    event.kind = "notification.shouted".to_owned();
    assert!(matches!(room.deliver(event).await.unwrap(), Err(Poison::UnknownType(_))));
    let mut event = receipt("1");
    event.data["to"] = json!(7);
    assert!(matches!(room.deliver(event).await.unwrap(), Err(Poison::BadData(_))));
}

#[test]
fn a_key_is_the_id_or_a_digest_of_one_that_no_store_accepts() {
    assert_eq!(key("018f-a.order.created"), "018f-a.order.created");
    let odd = ["", "a||b", "a b", &"x".repeat(201)].map(key);
    assert!(odd.iter().all(|key| key.len() == 36), "{odd:?}");
    assert_eq!(key(&"x".repeat(200)).len(), 200);
}
