//! The Key Vault simulator: the program, over TLS and HTTP.

mod control;
mod identity;
mod process;
mod program;
mod proxy;
mod support;
mod vault;
