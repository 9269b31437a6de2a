//! What of an order names people, or is for staff alone.

use super::{Canceller, Order};

impl Order {
    /// Removes who ordered, where it went and how it was paid, once the order has ended finally, and
    /// returns whether it has. The customer's id, which identifies no person outside the shop, stays.
    pub fn erase_customer(&mut self) -> bool {
        let ended = self.status.is_final();
        if ended {
            self.placed.order.erase_customer();
            // The reason may name a person.
            self.cancellation.iter_mut().for_each(|cancelled| cancelled.reason = None);
            self.refunds.iter_mut().for_each(|refund| refund.reason = None);
            self.resumptions.iter_mut().for_each(|resumed| resumed.reason = None);
            self.handled_letters.iter_mut().for_each(|letter| letter.handling.reason = None);
        }
        ended
    }

    /// The order as its customer sees it: without who of staff acted on it, and why.
    #[must_use]
    pub fn for_customer(mut self) -> Self {
        self.resumptions.clear();
        self.handled_letters.clear();
        for refund in &mut self.refunds {
            (refund.by, refund.reason) = (None, None);
        }
        if let Some(cancelled) = &mut self.cancellation
            && cancelled.by == Canceller::Staff
        {
            (cancelled.staff, cancelled.reason) = (None, None);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::PaymentId;
    use crate::domain::dead_letter::{DeadLetter, Handling, LetterAction, Subscription};
    use crate::domain::order::{Cancellation, HandledLetter, NewOrderRefund, Progress, Resumption};
    use crate::domain::payment::RefundId;
    use crate::domain::saga::Outcome;
    use crate::domain::text::Text;
    use crate::testing::orders::{at, euro, placed_order};
    use serde_json::json;

    fn reason() -> Text<200> {
        "a suspicion".to_owned().try_into().unwrap()
    }

    /// What staff did with a dead letter about an order.
    fn handled(second: i64) -> HandledLetter {
        let of = Subscription { topic: "orders".to_owned(), function: "notify-order".to_owned() };
        let event = json!({"specversion": "1.0", "id": "1", "type": "order.exploded"}).to_string();
        let mut letter = DeadLetter::new(of, event.as_bytes(), at(0));
        let (action, by) = (LetterAction::Drop, Some("sam".parse().unwrap()));
        letter.handle(Handling { action, by, reason: Some(reason()), at: at(second) }).unwrap();
        HandledLetter::last(&letter).unwrap()
    }

    fn refund(order: &mut Order, id: &str, second: i64) {
        let ask = NewOrderRefund { amount: Some(euro(1)), reason: Some(reason()) };
        let sam = "sam".parse().unwrap();
        let id = RefundId::for_key(&PaymentId::of(&placed_order().order_id), id);
        order.ask_refund(&id, &ask, Some(&sam), at(second)).unwrap();
    }

    /// A completed order on which staff acted in every way.
    fn order(by: Canceller) -> Order {
        let mut order = Order::new(placed_order());
        let sam = Some("sam".parse().unwrap());
        order.note_resumption(Resumption { by: sam.clone(), reason: Some(reason()), at: at(1) });
        let payment_id = "p-1".parse().unwrap();
        for progress in [
            Progress::Reserved { total: euro(9) },
            Progress::Paid { payment_id },
            Progress::Ended(Outcome::Fulfilled),
        ] {
            order.note(&progress, at(2));
        }
        order.cancellation =
            Some(Cancellation { by, staff: sam, reason: Some(reason()), at: at(3) });
        order.note_letter(handled(3));
        refund(&mut order, "a", 3);
        order
    }

    fn says(order: &Order, text: &str) -> bool {
        json!(order).to_string().contains(text)
    }

    #[test]
    fn a_customer_sees_neither_who_of_staff_acted_nor_why() {
        let order = order(Canceller::Staff);
        assert!(says(&order, "sam") && says(&order, "a suspicion"));
        let shown = order.for_customer();
        assert!(!says(&shown, "sam") && !says(&shown, "a suspicion"), "{shown:?}");
        assert_eq!(shown.refunds[0].amount, euro(1));
    }

    #[test]
    fn customers_see_their_own_reason() {
        let cancelled = order(Canceller::Customer).for_customer().cancellation.unwrap();
        assert_eq!((cancelled.by, cancelled.reason), (Canceller::Customer, Some(reason())));
    }

    #[test]
    fn reasons_leave_with_the_customer_and_none_is_kept_afterwards() {
        let mut order = order(Canceller::Customer);
        assert!(order.erase_customer());
        assert!(!says(&order, "a suspicion"));
        let erased = order.clone();
        order.note_letter(handled(3));
        refund(&mut order, "a", 4);
        assert_eq!(order, erased, "repetitions change nothing");
        order.note_letter(handled(300));
        refund(&mut order, "b", 300);
        assert_eq!((order.handled_letters.len(), order.refunds.len()), (2, 2));
        assert!(!says(&order, "a suspicion"));
    }
}
