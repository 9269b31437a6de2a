//! What functions do with the ports: the steps of the saga, payments, shipments and the rotation of
//! keys.

pub mod mails;
mod news;
pub mod notices;
pub mod orders;
pub mod payments;
pub mod rotation;
pub mod shipments;
pub mod steps;
