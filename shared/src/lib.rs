//! What every function of the shop is built from, in layers whose arrows point inward:
//! `domain ◄ ports ◄ {operations, sidecar, provider}`, `domain ◄ http`, and `host` over all.

pub mod domain;
pub mod testing;
