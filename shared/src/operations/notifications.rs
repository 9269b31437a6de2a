//! Notifications of customers, from events.

mod words;

use self::words::in_words;
use crate::domain::event::{
    CloudEvent, Event, Notice, NotificationRequested, OrderCancelled, OrderCompleted, OrderCreated,
    OrderPaid, OrderRefunded, OrderReserved, OrderShipped, OrderStuck, PaymentCharged,
    PaymentDeclined, PaymentRefunded, Poison, Topic,
};
use crate::domain::payment::Owner;
use crate::ports::{Orders, Publisher, Result, document};

/// The result of reading an event that may be unknown.
type Known<T> = std::result::Result<T, Poison>;

/// The notification that an order's event calls for, if any.
///
/// # Errors
/// [`Poison`], when its type or version is unknown here.
pub fn of_order(event: &CloudEvent) -> Known<Option<Notice>> {
    if let Some(OrderCreated { items, .. }) = event.data()? {
        return Ok(Some(Notice::OrderReceived { items }));
    }
    if let Some(OrderShipped { tracking_id, .. }) = event.data()? {
        return Ok(Some(Notice::OrderShipped { tracking_id }));
    }
    if let Some(OrderCompleted { total, .. }) = event.data()? {
        return Ok(Some(Notice::OrderCompleted { total }));
    }
    if let Some(OrderCancelled { cause, refunded, .. }) = event.data()? {
        return Ok(Some(Notice::OrderCancelled { reason: in_words(&cause), refunded }));
    }
    if let Some(OrderRefunded { amount, .. }) = event.data()? {
        return Ok(Some(Notice::Refund { amount }));
    }
    if let Some(OrderStuck { order_id, left, .. }) = event.data()? {
        tracing::error!(order.id = %order_id, ?left, "order {order_id} is stuck");
        return Ok(None);
    }
    silent::<OrderReserved>(event)?
        .or(silent::<OrderPaid>(event)?)
        .ok_or(event.unknown())
        .map(|()| None)
}

/// The notification that a payment's event calls for, if any: a decline is reported by the order's
/// cancellation, a refund by staff by the order's own event. A direct caller is not our customer.
///
/// # Errors
/// [`Poison`], when its type or version is unknown here.
pub fn of_payment(event: &CloudEvent) -> Known<Option<Notice>> {
    if let Some(PaymentCharged { amount, by, .. }) = event.data()? {
        return Ok((by == Owner::Order).then_some(Notice::Receipt { amount }));
    }
    if let Some(PaymentRefunded { amount, by, refund_id, .. }) = event.data()? {
        let undone = by == Owner::Order && refund_id.is_none();
        return Ok(undone.then_some(Notice::Refund { amount }));
    }
    silent::<PaymentDeclined>(event)?.ok_or(event.unknown()).map(|()| None)
}

/// Whether this is an event that calls for no notification.
fn silent<E: Event>(event: &CloudEvent) -> Known<Option<()>> {
    Ok(event.data::<E>()?.map(|_| ()))
}

/// Requests that `notice`, if there is one, be sent to the customer who placed the order of `event`.
/// An order that was not placed here, such as one that was paid directly, has no recipient.
///
/// # Errors
/// When the orders or the broker fail.
pub async fn request(
    orders: &impl Orders,
    publisher: &impl Publisher,
    event: &CloudEvent,
    notice: Option<Notice>,
) -> Result<()> {
    let Some(notice) = notice else { return Ok(()) };
    let Ok(order_id) = event.subject.parse() else { return Ok(()) };
    let Some(order) = document(orders, &order_id).await? else { return Ok(()) };
    let customer = order.placed.order;
    if customer.is_erased() {
        return Ok(());
    }
    let (to, name) = (customer.email, customer.ship_to.name);
    let request = NotificationRequested { order_id, to, name, notice };
    // One event requests one notification, so both have the same id.
    let request = CloudEvent::named(event.id.clone(), &request, event.time);
    publisher.publish(Topic::Notifications.name(), &request).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::order::Order;
    use crate::domain::payment::RefundId;
    use crate::domain::{PaymentId, TrackingId};
    use crate::ports::Documents;
    use crate::testing::fakes::{FakeBroker, FakeDocuments};
    use crate::testing::orders::{at, euro, placed_order};

    #[tokio::test]
    async fn a_notice_goes_to_the_customer_of_the_order_under_the_id_of_its_event() {
        let (orders, broker, placed) =
            (FakeDocuments::default(), FakeBroker::default(), placed_order());
        let order = Order::new(placed.clone());
        orders.save(&placed.order_id, &order, None).await.unwrap();
        let tracking_id = TrackingId::of(&placed.order_id);
        let event = OrderShipped {
            order_id: placed.order_id.clone(),
            customer_id: placed.order.customer_id,
            tracking_id,
        };
        let event = CloudEvent::of(&event, at(0));
        let notice = of_order(&event).unwrap();
        request(&orders, &broker, &event, notice).await.unwrap();
        let (topic, asked) = broker.published().remove(0);
        assert_eq!(
            (topic.as_str(), asked["id"].as_str()),
            ("notifications", Some(event.id.as_str()))
        );
        assert_eq!(
            (&asked["data"]["to"], &asked["data"]["name"]),
            (&"ann@example.com".into(), &"Ann Smith".into())
        );
    }

    #[tokio::test]
    async fn no_notice_is_sent_for_an_order_that_was_not_placed_here() {
        let (orders, broker, placed) =
            (FakeDocuments::default(), FakeBroker::default(), placed_order());
        let payment_id = PaymentId::of(&placed.order_id);
        let event = PaymentCharged {
            payment_id,
            order_id: placed.order_id,
            amount: euro(5),
            by: Owner::Order,
        };
        let event = CloudEvent::of(&event, at(0));
        let notice = of_payment(&event).unwrap();
        assert!(notice.is_some());
        request(&orders, &broker, &event, notice).await.unwrap();
        assert!(broker.published().is_empty());
    }

    #[test]
    fn each_refund_of_an_order_is_mailed_once() {
        let placed = placed_order();
        let (order_id, customer_id) = (placed.order_id.clone(), placed.order.customer_id);
        let payment_id = PaymentId::of(&order_id);
        let (refund_id, amount) = (RefundId::for_key(&payment_id, "k"), euro(5));
        let by_order =
            OrderRefunded { order_id, customer_id, refund_id: refund_id.clone(), amount };
        let by_payment = PaymentRefunded {
            payment_id,
            order_id: placed.order_id,
            amount,
            by: Owner::Order,
            refund_id: Some(refund_id),
        };
        let notice = of_order(&CloudEvent::of(&by_order, at(0)));
        assert_eq!(notice, Ok(Some(Notice::Refund { amount })));
        let undo = PaymentRefunded { refund_id: None, ..by_payment.clone() };
        let notice = of_payment(&CloudEvent::of(&undo, at(0)));
        assert_eq!(notice, Ok(Some(Notice::Refund { amount })));
        let direct = PaymentRefunded { by: Owner::Caller, ..undo };
        assert_eq!(of_payment(&CloudEvent::of(&direct, at(0))), Ok(None));
        assert_eq!(of_payment(&CloudEvent::of(&by_payment, at(0))), Ok(None));
    }

    #[test]
    fn an_unknown_event_is_poison() {
        let placed = placed_order();
        let event = OrderReserved {
            order_id: placed.order_id,
            customer_id: placed.order.customer_id,
            total: euro(5),
        };
        let mut event = CloudEvent::of(&event, at(0));
        assert_eq!(of_order(&event), Ok(None));
        assert!(matches!(of_payment(&event), Err(Poison::UnknownType(_))));
        event.dataschema = "order.reserved.v9".to_owned();
        assert!(matches!(of_order(&event), Err(Poison::UnknownVersion { .. })));
    }
}
