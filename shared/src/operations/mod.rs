//! What functions do with the ports: the steps of the saga, payments and shipments.

pub mod mails;
mod news;
pub mod notices;
pub mod orders;
pub mod payments;
pub mod shipments;
pub mod steps;
