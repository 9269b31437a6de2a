//! Functions that turn the events of a topic into notifications for customers.

use super::delivery::{DeliveryError, on};
use crate::domain::event::{CloudEvent, Notice, Poison, Topic};
use crate::operations::notifications;
use crate::ports::{Orders, Publisher};
use axum::Router;

/// Subscribes `function` to `topic`: requests the notification that `notice_of` an event calls for, if
/// any, for the customer of its order.
pub fn notify<O: Orders, P: Publisher>(
    topic: Topic,
    function: &'static str,
    orders: O,
    publisher: P,
    notice_of: fn(&CloudEvent) -> Result<Option<Notice>, Poison>,
) -> Router {
    on(topic, function, publisher.clone(), move |event: CloudEvent| {
        let (orders, publisher) = (orders.clone(), publisher.clone());
        async move {
            let notice = notice_of(&event)?;
            notifications::request(&orders, &publisher, &event, notice).await?;
            Ok::<_, DeliveryError>(())
        }
    })
}
