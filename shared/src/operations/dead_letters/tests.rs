//! Dead letters over fakes of the store and the broker.

use super::*;
use crate::domain::OrderId;
use crate::domain::order::Order;
use crate::testing::fakes::{FakeBroker, FakeClock, FakeDocuments};
use crate::testing::orders::{at, placed_order};
use serde_json::{Value, json};

type Letters = FakeDocuments<LetterId, DeadLetter>;
type Documented = FakeDocuments<OrderId, Order>;
type Box<C = FakeClock> =
    LetterBox<Letters, FakeDocuments<String, OpenShard>, Documented, FakeBroker, C>;

fn letters() -> Box {
    LetterBox {
        letters: Letters::default(),
        open: Shards::new(INDEX, FakeDocuments::default()),
        orders: Documented::default(),
        publisher: FakeBroker::default(),
        clock: FakeClock(at(0)),
    }
}

fn event(id: &str) -> Value {
    json!({"specversion": "1.0", "id": id, "source": "saga-shop", "type": "order.exploded"})
}

fn notify_order() -> Subscription {
    Subscription { topic: "orders".to_owned(), function: "notify-order".to_owned() }
}

impl Box {
    /// Records that notify-order gave up on an event after so many seconds; returns the letter's id.
    async fn give_up(&self, id: &str, seconds: i64) -> LetterId {
        let event = event(id).to_string();
        let then = Self { clock: FakeClock(at(seconds)), ..self.clone() };
        then.record(notify_order(), event.as_bytes()).await.unwrap();
        DeadLetter::new(notify_order(), event.as_bytes(), at(seconds)).letter_id
    }

    /// Does so with a letter as a member of staff.
    async fn staff(
        &self,
        id: &LetterId,
        action: LetterAction,
        reason: Option<&str>,
    ) -> Result<Option<LetterAnswer>> {
        let sam = "sam orders.admin".parse().unwrap();
        let reason = reason.map(|reason| reason.to_owned().try_into().unwrap());
        self.handle(id, action, Some(&sam), NewHandling { reason }).await
    }

    async fn resend(&self, id: &LetterId) -> Result<Option<LetterAnswer>> {
        self.staff(id, LetterAction::Resend, None).await
    }

    async fn drop(&self, id: &LetterId) -> Result<Option<LetterAnswer>> {
        self.staff(id, LetterAction::Drop, None).await
    }

    async fn open_ids(&self) -> Vec<String> {
        let page = self.page(None, 9).await.unwrap();
        let id = |letter: &DeadLetter| letter.message["id"].as_str().unwrap().to_owned();
        page.letters.iter().map(id).collect()
    }
}

#[tokio::test]
async fn open_letters_are_listed_newest_first_and_page_by_page() {
    let letters = letters();
    for (id, seconds) in [("b", 2), ("c", 3), ("a", 1)] {
        letters.give_up(id, seconds).await;
        letters.give_up(id, seconds + 9).await;
    }
    assert_eq!(letters.open_ids().await, ["c", "b", "a"]);
    let first = letters.page(None, 2).await.unwrap();
    let rest = letters.page(first.next.as_ref(), 2).await.unwrap();
    assert_eq!((first.letters.len(), rest.letters.len(), rest.next), (2, 1, None));
    assert_eq!(rest.letters[0].message, event("a"));
    assert_eq!(letters.page(None, 3).await.unwrap().next, None, "there are no more than three");
}

#[tokio::test]
async fn a_letter_that_has_expired_leaves_the_index_although_no_page_shows_it() {
    let mut letters = letters();
    let kept_for = DeadLetter::KEPT_FOR.as_secs();
    let (expired, alive) = ("expired".parse().unwrap(), letters.give_up("a", 0).await);
    letters.open.put(&expired, &at(0)).await.unwrap();
    letters.give_up("b", kept_for).await;
    for (second, left) in [(kept_for, 3), (kept_for + 1, 2)] {
        letters.clock = FakeClock(at(second));
        letters.page(None, 1).await.unwrap();
        assert_eq!(letters.open.all().await.unwrap().len(), left);
    }
    assert!(letters.open.all().await.unwrap().contains_key(&alive), "it was changed since");
}

#[tokio::test]
async fn a_letter_is_resent_once_under_an_id_of_its_own() {
    let letters = letters();
    let id = letters.give_up("a", 0).await;
    for _ in 0..2 {
        let letter = letters.resend(&id).await.unwrap().unwrap().unwrap();
        assert_eq!(letter.state, LetterState::Resent);
    }
    assert_eq!(letters.publisher.published(), [("orders".to_owned(), event("a"))]);
    assert_eq!(letters.publisher.message_ids(), [format!("resent-{id}-1")]);
    assert!(letters.open_ids().await.is_empty());
    assert_eq!(letters.drop(&id).await.unwrap(), Some(Err(LetterRejection::Resent)));
}

#[tokio::test]
async fn a_letter_whose_broker_fails_stays_open_and_is_resent_later() {
    let letters = letters();
    let id = letters.give_up("a", 0).await;
    letters.publisher.fail_next();
    letters.resend(&id).await.unwrap_err();
    assert_eq!(letters.open_ids().await, ["a"]);
    assert_eq!(letters.drop(&id).await.unwrap(), Some(Err(LetterRejection::Resent)));
    let letter = letters.resend(&id).await.unwrap().unwrap().unwrap();
    assert_eq!((letter.state, letters.publisher.published().len()), (LetterState::Resent, 1));
}

#[tokio::test]
async fn a_letter_that_was_dropped_stays_dropped() {
    let letters = letters();
    let id = letters.give_up("a", 0).await;
    letters.drop(&id).await.unwrap().unwrap().unwrap();
    letters.give_up("a", 5).await;
    assert!(letters.open_ids().await.is_empty());
    assert_eq!(letters.resend(&id).await.unwrap(), Some(Err(LetterRejection::Dropped)));
    assert!(letters.publisher.published().is_empty());
    assert_eq!(letters.find(&id).await.unwrap().unwrap().state, LetterState::Dropped);
}

#[tokio::test]
async fn a_letter_that_fails_again_is_open_again() {
    let letters = letters();
    let id = letters.give_up("a", 0).await;
    letters.resend(&id).await.unwrap().unwrap().unwrap();
    letters.give_up("a", 5).await;
    assert_eq!(letters.open_ids().await, ["a"]);
    let letter = letters.resend(&id).await.unwrap().unwrap().unwrap();
    assert_eq!((letter.failures, letter.created_at, letter.failed_at), (2, at(0), at(5)));
    let ids = letters.publisher.message_ids();
    assert_eq!(ids, [format!("resent-{id}-1"), format!("resent-{id}-2")]);
}

#[tokio::test]
async fn a_letter_that_was_opened_again_while_it_was_looked_at_stays_listed() {
    let letters = letters();
    let id = letters.give_up("a", 0).await;
    letters.give_up("b", 1).await;
    let handled = LetterPosition { at: at(0), letter_id: id.clone() };
    letters.resend(&id).await.unwrap().unwrap().unwrap();
    letters.give_up("a", 5).await;
    letters.open.remove(&handled.letter_id, &handled.at).await.unwrap();
    assert_eq!(letters.open_ids().await, ["a", "b"]);
}

#[tokio::test]
async fn an_entry_of_the_index_without_a_letter_is_removed() {
    let letters = letters();
    let id = LetterId::of("expired");
    assert!(letters.open.put(&id, &at(0)).await.unwrap());
    assert!(letters.open_ids().await.is_empty());
    assert!(letters.open.all().await.unwrap().is_empty());
}

#[tokio::test]
async fn nothing_is_known_of_an_unknown_letter() {
    let (letters, id) = (letters(), LetterId::of("x"));
    assert_eq!(letters.find(&id).await.unwrap(), None);
    assert_eq!(letters.resend(&id).await.unwrap(), None);
    assert_eq!(letters.drop(&id).await.unwrap(), None);
}

/// A letter about an order that has a document.
async fn about_an_order() -> (Box, LetterId) {
    let (letters, placed) = (letters(), placed_order());
    letters.orders.save(&placed.order_id, &Order::new(placed.clone()), None).await.unwrap();
    let mut event = event("a");
    event["subject"] = placed.order_id.as_str().into();
    let letter = letters.record(notify_order(), event.to_string().as_bytes()).await.unwrap();
    (letters, letter.letter_id)
}

/// What the order's document says of handled letters: the action and the reason of each.
async fn noted(letters: &Box) -> Vec<(LetterAction, Option<String>)> {
    let order = document(&letters.orders, &placed_order().order_id).await.unwrap().unwrap();
    let handlings = order.handled_letters.into_iter().map(|letter| letter.handling);
    handlings.map(|it| (it.action, it.reason.map(|reason| reason.to_string()))).collect()
}

#[tokio::test]
async fn what_staff_do_stands_in_the_letter_and_in_the_order_that_it_is_about() {
    for (action, state) in
        [(LetterAction::Resend, LetterState::Resent), (LetterAction::Drop, LetterState::Dropped)]
    {
        let (letters, id) = about_an_order().await;
        for reason in ["the address is corrected", "another"] {
            let letter = letters.staff(&id, action, Some(reason)).await.unwrap().unwrap().unwrap();
            assert_eq!(letter.state, state);
        }
        let letter = letters.find(&id).await.unwrap().unwrap();
        let reason = Some("the address is corrected".to_owned().try_into().unwrap());
        let by = Some("sam".parse().unwrap());
        assert_eq!(letter.handlings, [Handling { action, by, reason, at: at(0) }]);
        assert_eq!(noted(&letters).await, [(action, Some("the address is corrected".to_owned()))]);
    }
}

#[tokio::test]
async fn a_resend_that_was_interrupted_is_noted_before_it_is_published_and_once() {
    let (letters, id) = about_an_order().await;
    letters.publisher.fail_next();
    letters.resend(&id).await.unwrap_err();
    assert_eq!(noted(&letters).await, [(LetterAction::Resend, None)]);
    letters.resend(&id).await.unwrap().unwrap().unwrap();
    assert_eq!(noted(&letters).await, [(LetterAction::Resend, None)]);
    assert_eq!(letters.publisher.published().len(), 1);
}

#[tokio::test]
async fn a_drop_that_was_interrupted_is_noted_in_the_order_by_its_repetition() {
    let (letters, id) = about_an_order().await;
    let drop = |letter: &mut DeadLetter| {
        letter.handle(Handling { action: LetterAction::Drop, by: None, reason: None, at: at(0) })
    };
    letters.change(&id, drop).await.unwrap().unwrap().unwrap();
    assert_eq!(noted(&letters).await, []);
    letters.drop(&id).await.unwrap().unwrap().unwrap();
    assert_eq!(noted(&letters).await, [(LetterAction::Drop, None)]);
}

#[tokio::test]
async fn what_is_rejected_is_noted_nowhere() {
    let (letters, id) = about_an_order().await;
    letters.drop(&id).await.unwrap().unwrap().unwrap();
    assert_eq!(letters.resend(&id).await.unwrap(), Some(Err(LetterRejection::Dropped)));
    assert_eq!(noted(&letters).await, [(LetterAction::Drop, None)]);
}

#[tokio::test]
async fn a_letter_about_an_unknown_order_is_resent() {
    let (letters, id) = about_an_order().await;
    let letters = Box { orders: Documented::default(), ..letters };
    let letter = letters.resend(&id).await.unwrap().unwrap().unwrap();
    assert_eq!(letter.state, LetterState::Resent);
}
