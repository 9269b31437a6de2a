//! The domain: orders, stock, money and the saga. Pure: no I/O, clock or randomness.

pub mod caller;
pub mod dead_letter;
pub mod event;
pub mod id;
pub mod money;
pub mod order;
pub mod payment;
pub mod placing;
mod record;
pub mod refusal;
pub mod saga;
pub mod shipment;
pub mod stock;
pub mod strict;
pub mod text;

pub use id::{CustomerId, LetterId, OrderId, PaymentId, ProductId, TrackingId};
pub use money::{Currency, Money};
pub use refusal::{Refusal, RefusalName};
