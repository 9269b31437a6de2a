//! The stand-ins from their callers' side.

mod issuer;
mod key_vault;
mod mail;
mod payment;
mod programs;
mod support;
mod trace;
