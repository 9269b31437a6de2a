//! What every function of the shop is built from, in layers whose arrows point inward:
//! `domain ◄ ports ◄ {operations, sidecar, provider, http}`, and `host` over all; `observe` is
//! what any of them but `domain` may measure by.

pub mod domain;
pub mod host;
pub mod http;
pub mod observe;
pub mod operations;
pub mod ports;
pub mod prelude;
pub mod provider;
pub mod sidecar;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
