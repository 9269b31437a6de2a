//! The schemas of the events' data ([JSON Schema 2020-12](https://json-schema.org/draft/2020-12)).

use super::{
    Event, NotificationRequested, OrderCancelled, OrderCompleted, OrderCreated, OrderPaid,
    OrderRefunded, OrderReserved, OrderShipped, OrderStuck, PaymentCharged, PaymentDeclined,
    PaymentRefunded,
};
use schemars::{JsonSchema, schema_for};
use serde_json::Value;

/// The schema of each event's data under its name, such as `order.completed.v1`.
#[must_use]
pub fn schemas() -> Vec<(String, Value)> {
    vec![
        of::<OrderCreated>(),
        of::<OrderReserved>(),
        of::<OrderPaid>(),
        of::<OrderShipped>(),
        of::<OrderCompleted>(),
        of::<OrderCancelled>(),
        of::<OrderStuck>(),
        of::<OrderRefunded>(),
        of::<PaymentCharged>(),
        of::<PaymentDeclined>(),
        of::<PaymentRefunded>(),
        of::<NotificationRequested>(),
    ]
}

/// The name of the schema of an `E`'s data.
#[must_use]
pub fn name<E: Event>() -> String {
    format!("{}.v{}", E::TYPE, E::VERSION)
}

fn of<E: Event + JsonSchema>() -> (String, Value) {
    (name::<E>(), schema_for!(E).to_value())
}
