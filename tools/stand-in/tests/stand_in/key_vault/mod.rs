//! The Key Vault simulator: the program, over TLS and HTTP.

mod control;
mod identity;
mod process;
pub(crate) mod program;
mod proxy;
pub(crate) mod support;
mod vault;
