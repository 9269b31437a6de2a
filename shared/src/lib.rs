//! What every function of the shop is built from, in layers whose arrows point inward:
//! `domain ◄ ports ◄ {operations, sidecar, provider, http}`, and `host` over all.

pub mod domain;
pub mod http;
pub mod operations;
pub mod ports;
pub mod provider;
pub mod sidecar;
pub mod testing;
