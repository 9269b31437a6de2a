//! What functions do with the ports: the steps of the saga, payments, shipments and the rotation of
//! keys.

pub mod cancellations;
pub mod changes;
pub mod dead_letters;
pub mod dispatch;
pub mod due;
pub mod email;
pub mod fulfilment;
pub mod lag;
pub mod notifications;
mod order_events;
pub mod order_index;
pub mod order_refunds;
pub mod orders;
pub mod payments;
pub mod products;
pub mod progress;
pub mod rotation;
pub mod shards;
pub mod shipments;
pub mod sweep;
