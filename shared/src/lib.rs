//! What every function of the shop is built from, in layers whose arrows point inward:
//! `domain ◄ ports ◄ {operations, sidecar, provider, key_vault, http}`, and `host` over all;
//! `observe` is what any of them but `domain` may measure by.

pub mod domain;
pub mod host;
pub mod http;
#[cfg(feature = "key-vault")]
pub mod key_vault;
pub mod observe;
pub mod operations;
pub mod ports;
pub mod prelude;
pub mod provider;
pub mod sidecar;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
