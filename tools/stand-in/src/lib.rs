//! Stand-ins for the services that the shop calls: small servers in memory, by default on the loopback
//! address, with fault injection.
//!
//! [`payment`] simulates the payment provider, [`mail`] is a mail sink, [`trace`] a trace sink,
//! [`key_vault`] simulates Azure Key Vault, and [`issuer`] issues tokens. Each is a subcommand of the
//! program `stand-in`, and a separate process when it runs. The other modules are what they share; none
//! of them names a stand-in, and no stand-in names another.

pub mod clock;
pub mod connections;
pub mod failure;
pub mod faults;
pub mod issuer;
pub mod key_vault;
pub mod mail;
pub mod pages;
pub mod payment;
pub mod process;
pub mod secret;
pub mod secrets_file;
pub mod trace;
pub mod web;
